{{- /* Values that are well-formed each and make no sense together. Included once, by the Deployment. */ -}}
{{- define "podgate.check" -}}
{{- include "podgate.checkProfiles" . -}}
{{- include "podgate.checkTls" . -}}

{{- $drain := include "podgate.milliseconds" .Values.server.drainTimeout | int64 -}}
{{- if lt $drain (include "podgate.milliseconds" .Values.server.drainQuiet | int64) -}}
{{- fail (printf "server.drainQuiet (%s) must not be more than server.drainTimeout (%s)" .Values.server.drainQuiet .Values.server.drainTimeout) -}}
{{- end -}}
{{- if ge $drain (mul 1000 .Values.terminationGracePeriodSeconds) -}}
{{- fail (printf "terminationGracePeriodSeconds (%v) must be more than server.drainTimeout (%s): podgate would be killed while it drains" .Values.terminationGracePeriodSeconds .Values.server.drainTimeout) -}}
{{- end -}}

{{- $taken := dict -}}
{{- range $port, $number := .Values.ports -}}
{{- if hasKey $taken (toString $number) -}}
{{- fail (printf "ports.%s: ports.%s is %v already" $port (get $taken (toString $number)) $number) -}}
{{- end -}}
{{- $_ := set $taken (toString $number) $port -}}
{{- end -}}

{{- if and .Values.autoscaling.enabled (gt (int .Values.autoscaling.minReplicas) (int .Values.autoscaling.maxReplicas)) -}}
{{- fail "autoscaling.minReplicas must not be more than autoscaling.maxReplicas" -}}
{{- end -}}
{{- if and (eq (int .Values.replicas) 0) (not .Values.autoscaling.enabled) -}}
{{- range $name, $_ := .Values.profiles -}}
{{- if eq (include "podgate.failurePolicy" (list $ $name)) "Fail" -}}
{{- fail (printf "replicas is 0, and failurePolicy is Fail for profiles.%s: nothing could be created there" $name) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- $own := list "listen" "health-listen" "metrics-listen" "tls-cert" "tls-key" "client-ca" "client-name" "mode" "audit-only" "own-namespace" "threads" "max-connections" "memory-budget" "drain-quiet" "drain-timeout" "log-level" "log-format" "log-omit-users" "metrics-namespaces" -}}
{{- range .Values.extraArgs -}}
{{- $option := regexFind "^--[^=]*" . | trimPrefix "--" -}}
{{- if has $option $own -}}
{{- fail (printf "extraArgs: --%s has a value of its own in this chart" $option) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- /* What one way to certificates needs, and what is meant for another. */ -}}
{{- define "podgate.checkTls" -}}
{{- $tls := .Values.tls -}}
{{- if ne $tls.mode "existing" -}}
{{- range $value := list "existingSecret" "caBundle" "omitCaBundle" -}}
{{- if get $tls $value -}}
{{- fail (printf "tls.%s means nothing with tls.mode %s: set tls.mode to existing" $value $tls.mode) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if and $tls.certManager.issuerRef (ne $tls.mode "certManager") -}}
{{- fail (printf "tls.certManager.issuerRef means nothing with tls.mode %s: set tls.mode to certManager" $tls.mode) -}}
{{- end -}}
{{- $clientAuth := $tls.clientAuth -}}
{{- if and $clientAuth.caSecret $clientAuth.caConfigMap -}}
{{- fail "tls.clientAuth.caSecret and tls.clientAuth.caConfigMap: one of them" -}}
{{- end -}}
{{- if and $clientAuth.names (not (or $clientAuth.caSecret $clientAuth.caConfigMap)) -}}
{{- fail "tls.clientAuth.names means nothing without tls.clientAuth.caSecret or tls.clientAuth.caConfigMap" -}}
{{- end -}}
{{- end -}}

{{- /* Of a duration such as 500ms, 10s, 2m, 1h: the schema lets no other form pass. */ -}}
{{- define "podgate.milliseconds" -}}
{{- $unit := regexFind "[a-z]+$" . -}}
{{- mul (regexFind "^[0-9]+" . | int64) (get (dict "ms" 1 "s" 1000 "m" 60000 "h" 3600000) $unit) -}}
{{- end -}}
