'use strict';
// Metrics of requests by route, and of Node.js itself, for Prometheus at :9464/metrics. No traces and no logs.
const { context } = require('@opentelemetry/api');
const { AsyncLocalStorageContextManager } = require('@opentelemetry/context-async-hooks');
const { PrometheusExporter } = require('@opentelemetry/exporter-prometheus');
const { registerInstrumentations } = require('@opentelemetry/instrumentation');
const { ExpressInstrumentation } = require('@opentelemetry/instrumentation-express');
const { HttpInstrumentation } = require('@opentelemetry/instrumentation-http');
const { RuntimeNodeInstrumentation } = require('@opentelemetry/instrumentation-runtime-node');
const { resourceFromAttributes } = require('@opentelemetry/resources');
const { MeterProvider } = require('@opentelemetry/sdk-metrics');

// Without a host the exporter listens on localhost, where nothing outside of the pod hears it.
const port = Number(process.env.METRICS_PORT) || 9464;
const exporter = new PrometheusExporter({ host: '0.0.0.0', port });
const resource = resourceFromAttributes({ 'service.name': process.env.OTEL_SERVICE_NAME || 'realworld-backend' });

// What watches is no user: where users are few, its requests would hide that theirs fail.
const WATCHER = /^(kube-probe|ELB-HealthChecker|Blackbox Exporter)\//;
const ignoreIncomingRequestHook = ({ headers, socket }) =>
  socket.localPort === port || WATCHER.test(headers['user-agent']);

// Through the context, express tells the measurement of http which route a request took.
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
registerInstrumentations({
  meterProvider: new MeterProvider({ resource, readers: [exporter] }),
  instrumentations: [
    new HttpInstrumentation({ ignoreIncomingRequestHook }),
    new ExpressInstrumentation(),
    new RuntimeNodeInstrumentation(),
  ],
});
