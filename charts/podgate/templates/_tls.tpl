{{- define "podgate.tlsSecret" -}}
{{- if eq .Values.tls.mode "existing" -}}
{{- .Values.tls.existingSecret | required "tls.existingSecret is missing: with tls.mode existing it names the Secret with tls.crt and tls.key" -}}
{{- else if eq .Values.tls.mode "certManager" -}}
{{- printf "%s-cert-manager" (include "podgate.fullname" .) -}}
{{- else -}}
{{- printf "%s-tls" (include "podgate.fullname" .) -}}
{{- end -}}
{{- end -}}

{{- /* The names by which the server is called, as a JSON list; the API server uses the first one. */ -}}
{{- define "podgate.dnsNames" -}}
{{- $name := include "podgate.fullname" . -}}
{{- $namespace := include "podgate.namespace" . -}}
{{- $service := printf "%s.%s.svc" $name $namespace -}}
{{- list $service (printf "%s.%s" $service .Values.tls.clusterDomain) (printf "%s.%s" $name $namespace) $name | toJson -}}
{{- end -}}

{{- /* What goes into the webhook configuration, in base64; empty when something else writes it there. */ -}}
{{- define "podgate.givenCaBundle" -}}
{{- $tls := .Values.tls -}}
{{- if eq $tls.mode "existing" -}}
{{- if and $tls.caBundle $tls.omitCaBundle -}}
{{- fail "tls.caBundle and tls.omitCaBundle: one of them" -}}
{{- else if $tls.caBundle -}}
{{- $pem := ternary $tls.caBundle (b64dec $tls.caBundle) (contains "-----BEGIN" $tls.caBundle) -}}
{{- if not (contains "-----BEGIN CERTIFICATE-----" $pem) -}}
{{- fail "tls.caBundle is neither a certificate in PEM form nor that in base64" -}}
{{- end -}}
{{- b64enc $pem -}}
{{- else if not $tls.omitCaBundle -}}
{{- fail "tls.caBundle is missing: with tls.mode existing it is the CA by which the API server knows podgate (--set-file tls.caBundle=ca.crt). If something else writes it into the webhook configuration, set tls.omitCaBundle" -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- /*
Mode `generated`: (list . STATE) renders the two Secrets and puts caBundle, expires and isNew into STATE.

What was made is kept in the cluster and found again by `lookup`. Every change of CA takes two upgrades, so that no
API server ever meets a certificate whose CA it does not trust yet: the first adds the `next` CA to the trusted ones, the
second lets it sign. The one before stays trusted until it expires. Only the Secret of the server is ever mounted.
*/ -}}
{{- define "podgate.tlsGenerated" -}}
{{- $root := first . -}}
{{- $state := last . -}}
{{- $days := $root.Values.tls.generated -}}
{{- if le (int $days.caValidityDays) (int (add $days.validityDays $days.renewBeforeDays)) -}}
{{- fail "tls.generated.caValidityDays must be more than validityDays and renewBeforeDays together, so that no certificate outlives its CA" -}}
{{- end -}}
{{- if le (int $days.validityDays) (int $days.renewBeforeDays) -}}
{{- fail "tls.generated.renewBeforeDays must be less than validityDays" -}}
{{- end -}}
{{- $namespace := include "podgate.namespace" $root -}}
{{- $caName := printf "%s-ca" (include "podgate.fullname" $root) -}}
{{- $tlsName := include "podgate.tlsSecret" $root -}}
{{- $today := include "podgate.dayIn" 0 -}}
{{- $names := include "podgate.dnsNames" $root | fromJsonArray -}}

{{- $keptCa := default dict (lookup "v1" "Secret" $namespace $caName) -}}
{{- $old := default dict $keptCa.data -}}
{{- $until := default dict (default dict $keptCa.metadata).annotations -}}
{{- $caExpires := default "" (get $until "podgate.io/expires") -}}
{{- $ca := dict -}}
{{- if and (hasKey $old "ca.crt") (hasKey $old "ca.key") -}}
{{- $ca = pick $old "ca.crt" "ca.key" "next.crt" "next.key" -}}
{{- if gt (default "" (get $until "podgate.io/previous-expires")) $today -}}
{{- $ca = merge $ca (pick $old "previous.crt") -}}
{{- end -}}
{{- end -}}
{{- $previousExpires := default "" (get $until "podgate.io/previous-expires") -}}
{{- $nextExpires := default "" (get $until "podgate.io/next-expires") -}}

{{- if not $ca }}
{{- /* None yet. */ -}}
{{- $made := genCAWithKey (printf "podgate CA %s" $today) (int $days.caValidityDays) (genPrivateKey "ecdsa") -}}
{{- $ca = dict "ca.crt" (b64enc $made.Cert) "ca.key" (b64enc $made.Key) -}}
{{- $caExpires = include "podgate.dayIn" $days.caValidityDays -}}
{{- $nextExpires = "" -}}{{- $previousExpires = "" -}}
{{- else if hasKey $ca "next.crt" -}}
{{- /* Trusted since the last upgrade: now it signs. */ -}}
{{- $ca = dict "ca.crt" (get $ca "next.crt") "ca.key" (get $ca "next.key") "previous.crt" (get $ca "ca.crt") -}}
{{- $previousExpires = $caExpires -}}
{{- $caExpires = $nextExpires -}}
{{- $nextExpires = "" -}}
{{- else if lt $caExpires (include "podgate.dayIn" (add $days.validityDays $days.renewBeforeDays)) -}}
{{- /* It could not sign for a whole lifetime much longer. */ -}}
{{- $made := genCAWithKey (printf "podgate CA %s" $today) (int $days.caValidityDays) (genPrivateKey "ecdsa") -}}
{{- $_ := set $ca "next.crt" (b64enc $made.Cert) -}}
{{- $_ := set $ca "next.key" (b64enc $made.Key) -}}
{{- $nextExpires = include "podgate.dayIn" $days.caValidityDays -}}
{{- end -}}

{{- $keptTls := default dict (lookup "v1" "Secret" $namespace $tlsName) -}}
{{- $pair := pick (default dict $keptTls.data) "tls.crt" "tls.key" -}}
{{- $marks := default dict (default dict $keptTls.metadata).annotations -}}
{{- $expires := default "" (get $marks "podgate.io/expires") -}}
{{- $signer := get $ca "ca.crt" | sha256sum | trunc 16 -}}
{{- $isGood := and (eq (len $pair) 2) (gt $expires (include "podgate.dayIn" $days.renewBeforeDays)) (eq (get $marks "podgate.io/signed-by" | default "") $signer) (eq (get $marks "podgate.io/names" | default "") (join "," $names)) -}}
{{- if not $isGood -}}
{{- $authority := buildCustomCert (get $ca "ca.crt") (get $ca "ca.key") -}}
{{- $made := genSignedCertWithKey (include "podgate.fullname" $root) nil $names (int $days.validityDays) $authority (genPrivateKey "ecdsa") -}}
{{- $pair = dict "tls.crt" (b64enc $made.Cert) "tls.key" (b64enc $made.Key) -}}
{{- $expires = include "podgate.dayIn" $days.validityDays -}}
{{- end -}}

{{- $trusted := "" -}}
{{- range list "ca.crt" "next.crt" "previous.crt" -}}
{{- with get $ca . }}{{ $trusted = printf "%s%s" $trusted (b64dec .) }}{{ end -}}
{{- end -}}
{{- $_ := set $state "caBundle" (b64enc $trusted) -}}
apiVersion: v1
kind: Secret
metadata:
  name: {{ $caName }}
  namespace: {{ $namespace }}
  labels:
    {{- include "podgate.labels" $root | nindent 4 }}
  annotations:
    podgate.io/expires: {{ $caExpires | quote }}
    {{- if hasKey $ca "next.crt" }}
    podgate.io/next-expires: {{ $nextExpires | quote }}
    {{- end }}
    {{- if hasKey $ca "previous.crt" }}
    podgate.io/previous-expires: {{ $previousExpires | quote }}
    {{- end }}
type: Opaque
data:
  {{- toYaml $ca | nindent 2 }}
---
apiVersion: v1
kind: Secret
metadata:
  name: {{ $tlsName }}
  namespace: {{ $namespace }}
  labels:
    {{- include "podgate.labels" $root | nindent 4 }}
  annotations:
    podgate.io/expires: {{ $expires | quote }}
    podgate.io/names: {{ join "," $names | quote }}
    podgate.io/signed-by: {{ $signer | quote }}
type: kubernetes.io/tls
data:
  {{- toYaml $pair | nindent 2 }}
  # For those who ask podgate; never mounted in it.
  ca.crt: {{ $state.caBundle }}
---
{{ end -}}

{{- /* The day so many days from now, UTC; such days compare as text. */ -}}
{{- define "podgate.dayIn" -}}
{{- dateInZone "2006-01-02" (now | dateModify (printf "%dh" (mul 24 .))) "UTC" -}}
{{- end -}}
