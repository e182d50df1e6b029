{{- define "podgate.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- /* Short enough for the suffixes that are put behind it. */ -}}
{{- define "podgate.fullname" -}}
{{- $name := include "podgate.name" . -}}
{{- $full := ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) -}}
{{- default $full .Values.fullnameOverride | trunc 50 | trimSuffix "-" -}}
{{- end -}}

{{- define "podgate.namespace" -}}
{{- default .Release.Namespace .Values.namespaceOverride -}}
{{- end -}}

{{- /* (list . COMPONENT): what a selector may rest on. */ -}}
{{- define "podgate.selector" -}}
app.kubernetes.io/name: {{ include "podgate.name" (first .) }}
app.kubernetes.io/instance: {{ (first .).Release.Name }}
app.kubernetes.io/component: {{ last . }}
{{- end -}}

{{- define "podgate.commonLabels" -}}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/part-of: podgate
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "podgate.labels" -}}
{{ include "podgate.selector" (list . "webhook") }}
{{ include "podgate.commonLabels" . }}
{{- end -}}

{{- define "podgate.serviceAccountName" -}}
{{- default (ternary (include "podgate.fullname" .) "default" .Values.serviceAccount.create) .Values.serviceAccount.name -}}
{{- end -}}

{{- define "podgate.image" -}}
{{- $registry := default .Values.image.registry (.Values.global).imageRegistry -}}
{{- $image := ternary (printf "%s/%s" $registry .Values.image.repository) .Values.image.repository (ne $registry "") -}}
{{- if .Values.image.digest -}}
{{- printf "%s@%s" $image .Values.image.digest -}}
{{- else -}}
{{- printf "%s:%s" $image (default .Chart.AppVersion .Values.image.tag) -}}
{{- end -}}
{{- end -}}

{{- /* What every Pod of this chart shares: podgate, the lint Job, the test. */ -}}
{{- define "podgate.podBasics" -}}
automountServiceAccountToken: false
# Variables such as PODGATE_PORT would look like podgate's options.
enableServiceLinks: false
{{- with concat (default list (.Values.global).imagePullSecrets) .Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.podSecurityContext }}
securityContext:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.runtimeClassName }}
runtimeClassName: {{ . }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "podgate.containerBasics" -}}
image: {{ include "podgate.image" . | quote }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
{{- with .Values.securityContext }}
securityContext:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.resources }}
resources:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- /* More than one podgate, whoever decides how many. */ -}}
{{- define "podgate.isReplicated" -}}
{{- if gt (int (ternary .Values.autoscaling.minReplicas .Values.replicas .Values.autoscaling.enabled)) 1 -}}true{{- end -}}
{{- end -}}

{{- /* The namespaces that are never judged, as a JSON list, podgate's own first. */ -}}
{{- define "podgate.exemptNamespaces" -}}
{{- prepend .Values.excludeNamespaces (include "podgate.namespace" .) | uniq | toJson -}}
{{- end -}}

{{- /* (list . KEEP): when Helm deletes a hook. One that failed stays if KEEP, or if Helm does not show its log (before 3.18). */ -}}
{{- define "podgate.hookDeletePolicy" -}}
{{- $showsLog := semverCompare ">=3.18.0-0" (first .).Capabilities.HelmVersion.Version -}}
before-hook-creation,hook-succeeded{{ if and $showsLog (not (last .)) }},hook-failed{{ end }}
{{- end -}}
