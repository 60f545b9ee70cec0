{{/* Takes null for the default of a value, and removes nulls inside of values. Each template begins with it: they share .Values. */}}
{{- define "climatebatch.useDefaults" -}}
{{- $values := .Values -}}
{{- include "climatebatch.dropNulls" $values -}}
{{- range $value := .Files.Get "files/defaults.yaml" | fromYamlArray -}}
{{- $at := $values -}}
{{- range $key := initial $value.path -}}
{{- if not (hasKey $at $key) }}{{ $_ := set $at $key dict }}{{ end -}}
{{- $at = index $at $key -}}
{{- end -}}
{{- $key := last $value.path -}}
{{- if not (hasKey $at $key) }}{{ $_ := set $at $key $value.default }}{{ end -}}
{{- end -}}
{{- end -}}

{{- define "climatebatch.dropNulls" -}}
{{- $values := . -}}
{{- if kindIs "map" $values -}}
{{- range $key, $value := $values -}}
{{- if kindIs "invalid" $value }}{{ $_ := unset $values $key }}{{ else }}{{ include "climatebatch.dropNulls" $value }}{{ end -}}
{{- end -}}
{{- else if kindIs "slice" $values -}}
{{- range $values }}{{ include "climatebatch.dropNulls" . }}{{ end -}}
{{- end -}}
{{- end -}}
