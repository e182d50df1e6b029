{{- define "podgate.fullname" -}}
{{- if contains "podgate" .Release.Name -}}
{{- .Release.Name | trunc 63 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-podgate" .Release.Name | trunc 63 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "podgate.selector" -}}
app.kubernetes.io/name: podgate
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "podgate.labels" -}}
{{ include "podgate.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end -}}

{{- define "podgate.mode" -}}
{{- if not (has .Values.mode (list "enforce" "warn" "audit")) -}}
{{- fail (printf "mode is enforce, warn or audit, not %q" .Values.mode) -}}
{{- end -}}
{{- .Values.mode -}}
{{- end -}}

{{- define "podgate.failurePolicy" -}}
{{- if .Values.webhook.failurePolicy -}}
{{- if not (has .Values.webhook.failurePolicy (list "Fail" "Ignore")) -}}
{{- fail (printf "webhook.failurePolicy is Fail or Ignore, not %q" .Values.webhook.failurePolicy) -}}
{{- end -}}
{{- .Values.webhook.failurePolicy -}}
{{- else -}}
{{- ternary "Fail" "Ignore" (eq .Values.mode "enforce") -}}
{{- end -}}
{{- end -}}
