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
const exporter = new PrometheusExporter({ host: '0.0.0.0', port: Number(process.env.METRICS_PORT) || 9464 });
const resource = resourceFromAttributes({ 'service.name': process.env.OTEL_SERVICE_NAME || 'realworld-backend' });

// Through the context, express tells the measurement of http which route a request took.
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
registerInstrumentations({
  meterProvider: new MeterProvider({ resource, readers: [exporter] }),
  instrumentations: [new HttpInstrumentation(), new ExpressInstrumentation(), new RuntimeNodeInstrumentation()],
});
