{{/* What never changes in the life of a release, and so may be selected by. */}}
{{- define "realworld-backend.selectorLabels" -}}
app.kubernetes.io/name: realworld-backend
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "realworld-backend.labels" -}}
{{ include "realworld-backend.selectorLabels" . }}
app.kubernetes.io/part-of: realworld
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{/* Names of Services and Jobs end at 63 letters, and the longest suffix below takes 16. */}}
{{- define "realworld-backend.name" -}}
{{ .Release.Name | trunc 47 | trimSuffix "-" }}
{{- end }}

{{- define "realworld-backend.podSecurityContext" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
fsGroup: 65532
seccompProfile: {type: RuntimeDefault}
{{- end }}

{{- define "realworld-backend.containerSecurityContext" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end }}

{{- define "realworld-backend.affinity" -}}
nodeAffinity:
  requiredDuringSchedulingIgnoredDuringExecution:
    nodeSelectorTerms:
      - matchExpressions:
          - {key: kubernetes.io/arch, operator: In, values: {{ toJson .Values.architectures }}}
{{- end }}

{{/* A Secret that lacks a key keeps the container from starting, and so the release from succeeding. */}}
{{- define "realworld-backend.secretKey" -}}
- name: {{ .name | default .key }}
  valueFrom: {secretKeyRef: {name: {{ .secret }}, key: {{ .key }}, optional: false}}
{{- end }}
