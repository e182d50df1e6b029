{{- /* Profiles, and the files that podgate reads: worked out here, rendered by the ConfigMap, the Deployment and the lint Job. */ -}}

{{- /* (list . NAME): the mode of one profile. */ -}}
{{- define "podgate.profileMode" -}}
{{- $profile := default dict (get (first .).Values.profiles (last .)) -}}
{{- default (first .).Values.mode $profile.mode -}}
{{- end -}}

{{- /* (list . NAME): what the API server does when podgate does not answer for this profile. */ -}}
{{- define "podgate.failurePolicy" -}}
{{- $profile := default dict (get (first .).Values.profiles (last .)) -}}
{{- $followsMode := ternary "Fail" "Ignore" (eq "enforce" (include "podgate.profileMode" .)) -}}
{{- coalesce $profile.failurePolicy (first .).Values.webhook.failurePolicy $followsMode -}}
{{- end -}}

{{- /* (list . NAME): the value of the namespace label that leads to this profile. */ -}}
{{- define "podgate.profileLabel" -}}
{{- $profile := default dict (get (first .).Values.profiles (last .)) -}}
{{- default (last .) $profile.label -}}
{{- end -}}

{{- /* The ceiling over all profiles: the strictest of them. */ -}}
{{- define "podgate.mode" -}}
{{- $modes := list -}}
{{- range $name, $_ := .Values.profiles -}}
{{- $modes = append $modes (include "podgate.profileMode" (list $ $name)) -}}
{{- end -}}
{{- if has "enforce" $modes }}enforce{{ else if has "warn" $modes }}warn{{ else }}audit{{ end -}}
{{- end -}}

{{- /* Refuses profiles that could not work. */ -}}
{{- define "podgate.checkProfiles" -}}
{{- $taken := dict -}}
{{- range $name, $profile := omit .Values.profiles "default" -}}
{{- $label := include "podgate.profileLabel" (list $ $name) -}}
{{- if hasKey $taken $label -}}
{{- fail (printf "profiles.%s.label: %q already leads to profiles.%s, and a namespace has one profile" $name $label (get $taken $label)) -}}
{{- end -}}
{{- $_ := set $taken $label $name -}}
{{- if and (not (has $name (list "baseline" "restricted"))) (not (default dict $profile).policies) -}}
{{- fail (printf "profiles.%s.policies is missing: only default, baseline and restricted can do without (built in)" $name) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- /* The Profile objects: those that name policies, and those whose mode is laxer than the ceiling. */ -}}
{{- define "podgate.profileObjects" -}}
{{- $ceiling := include "podgate.mode" . -}}
{{- range $name, $profile := .Values.profiles }}
{{- $policies := default dict $profile | dig "policies" list }}
{{- if and (eq $name "default") (not $policies) }}{{ $policies = list "*" }}{{ end }}
{{- $mode := include "podgate.profileMode" (list $ $name) }}
{{- if or (default dict $profile).policies (ne $mode $ceiling) }}
---
apiVersion: podgate.io/v1alpha1
kind: Profile
metadata:
  name: {{ $name }}
spec:
  mode: {{ $mode }}
  {{- with $policies }}
  policies: {{ toJson . }}
  {{- end }}
{{- end }}
{{- end }}
{{- end -}}

{{- /* The WorkloadKind objects. */ -}}
{{- define "podgate.workloadKindObjects" -}}
{{- range $name, $spec := .Values.workloadKinds }}
---
apiVersion: podgate.io/v1alpha1
kind: WorkloadKind
metadata:
  name: {{ $name }}
spec:
  {{- toYaml $spec | nindent 2 }}
{{- end }}
{{- end -}}

{{- /* All files of the chart's own ConfigMap, as a JSON object: name to text. */ -}}
{{- define "podgate.policyFiles" -}}
{{- $files := dict -}}
{{- range $value := list "policies" "exceptions" -}}
{{- range $name, $text := get $.Values $value -}}
{{- $file := ternary $name (printf "%s.yaml" $name) (regexMatch "\\.ya?ml$" $name) -}}
{{- if hasKey $files $file -}}
{{- fail (printf "%s.%s: there is another file %q among policies and exceptions" $value $name $file) -}}
{{- end -}}
{{- $_ := set $files $file $text -}}
{{- end -}}
{{- end -}}
{{- with include "podgate.profileObjects" . | trim -}}
{{- if hasKey $files "profiles.yaml" -}}
{{- fail "policies and exceptions: the name profiles.yaml is kept for what the value profiles makes" -}}
{{- end -}}
{{- $_ := set $files "profiles.yaml" (printf "%s\n" .) -}}
{{- end -}}
{{- with include "podgate.workloadKindObjects" . | trim -}}
{{- if hasKey $files "workload-kinds.yaml" -}}
{{- fail "policies and exceptions: the name workload-kinds.yaml is kept for what the value workloadKinds makes" -}}
{{- end -}}
{{- $_ := set $files "workload-kinds.yaml" (printf "%s\n" .) -}}
{{- end -}}
{{- toJson $files -}}
{{- end -}}

{{- define "podgate.policyConfigMaps" -}}
{{- concat .Values.policyConfigMaps .Values.exceptionConfigMaps | uniq | toJson -}}
{{- end -}}

{{- /* What podgate is told to load, as a JSON list of paths and builtin:NAMEs. */ -}}
{{- define "podgate.policyPaths" -}}
{{- $paths := list -}}
{{- $builtin := .Values.builtinPolicies -}}
{{- if not (or .Values.policies .Values.policyConfigMaps $builtin) }}{{ $builtin = list "default" }}{{ end -}}
{{- range $builtin }}{{ $paths = append $paths (printf "builtin:%s" .) }}{{ end -}}
{{- if include "podgate.policyFiles" . | fromJson }}{{ $paths = append $paths "/etc/podgate/policies" }}{{ end -}}
{{- range include "podgate.policyConfigMaps" . | fromJsonArray }}{{ $paths = append $paths (printf "/etc/podgate/configmaps/%s" .) }}{{ end -}}
{{- toJson $paths -}}
{{- end -}}

{{- /* Folders, never subPath: only a folder follows its ConfigMap, and podgate reloads what changes. */ -}}
{{- define "podgate.policyMounts" -}}
{{- if include "podgate.policyFiles" . | fromJson }}
- name: policies
  mountPath: /etc/podgate/policies
  readOnly: true
{{- end }}
{{- range $i, $name := include "podgate.policyConfigMaps" . | fromJsonArray }}
- name: configmap-{{ $i }}
  mountPath: /etc/podgate/configmaps/{{ $name }}
  readOnly: true
{{- end }}
{{- end -}}

{{- /* (list . CONFIGMAP): CONFIGMAP holds the chart's own files. */ -}}
{{- define "podgate.policyVolumes" -}}
{{- if include "podgate.policyFiles" (first .) | fromJson }}
- name: policies
  configMap:
    name: {{ last . }}
{{- end }}
{{- range $i, $name := include "podgate.policyConfigMaps" (first .) | fromJsonArray }}
- name: configmap-{{ $i }}
  configMap:
    name: {{ $name }}
{{- end }}
{{- end -}}
