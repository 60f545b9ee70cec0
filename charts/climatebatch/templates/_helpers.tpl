{{/* Prefix of the names of objects. */}}
{{- define "climatebatch.fullname" -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride -}}
{{- else if contains $name .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "climatebatch.selectorLabels" -}}
app.kubernetes.io/name: {{ default .Chart.Name .Values.nameOverride | quote }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end -}}

{{/* Labels of an object or a pod: dict "root", optionally "component" and "labels". The chart's own go before given ones, so that selectors find. */}}
{{- define "climatebatch.labels" -}}
{{- $own := include "climatebatch.selectorLabels" .root | fromYaml -}}
{{- $_ := set $own "helm.sh/chart" (printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_") -}}
{{- $_ := set $own "app.kubernetes.io/version" .root.Chart.AppVersion -}}
{{- $_ := set $own "app.kubernetes.io/managed-by" .root.Release.Service -}}
{{- with .component }}{{ $_ := set $own "app.kubernetes.io/component" . }}{{ end -}}
{{- merge $own (default dict .labels) .root.Values.commonLabels | toYaml -}}
{{- end -}}

{{/* Labels and annotations of an object: dict "root", optionally "component", "labels" and "annotations". */}}
{{- define "climatebatch.metadata" -}}
labels:
  {{- include "climatebatch.labels" . | nindent 2 }}
{{- with merge (dict) (default dict .annotations) .root.Values.commonAnnotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* dict "root" "image": by digest, else by tag. */}}
{{- define "climatebatch.image" -}}
{{- if .image.digest -}}
{{ .image.repository }}@{{ .image.digest }}
{{- else -}}
{{ .image.repository }}:{{ default .root.Chart.AppVersion .image.tag }}
{{- end -}}
{{- end -}}

{{- define "climatebatch.pullSecrets" -}}
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . | quote }}
  {{- end }}
{{- end }}
{{- end -}}

{{- define "climatebatch.installation" -}}
{{- default (printf "%s/%s" .Release.Namespace .Release.Name) .Values.installation -}}
{{- end -}}

{{- define "climatebatch.operatorSecret" -}}
{{- required "database.operator.existingSecret is needed: the name of a Secret with DATABASE_URL, or DATABASE_HOST, DATABASE_NAME, DATABASE_USER and DATABASE_PASSWORD. See docs/install.md." .Values.database.operator.existingSecret -}}
{{- end -}}

{{/* The database in the environment of a program that runs once: dict "root" "database" (one of .Values.database), and with "reads" its standbys. */}}
{{- define "climatebatch.databaseEnv" -}}
{{- $secret := default (include "climatebatch.operatorSecret" .root) .database.existingSecret -}}
{{- $key := .database.urlKey -}}
{{- if not .database.existingSecret }}{{ $key = .root.Values.database.operator.urlKey }}{{ end -}}
{{- if not $key }}
envFrom:
  - secretRef: { name: {{ $secret | quote }} }
{{- end }}
{{- $env := include "climatebatch.tlsEnv" .root }}
{{- if .reads }}{{ $env = printf "%s%s" $env (include "climatebatch.readEnv" .root) }}{{ end }}
{{- if or $key $env }}
env:
  {{- if $key }}
  - name: DATABASE_URL
    valueFrom: { secretKeyRef: { name: {{ $secret | quote }}, key: {{ $key | quote }} } }
  {{- end }}
  {{- $env | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "climatebatch.tlsEnv" -}}
{{- with .Values.database.tls.mode }}
- { name: DATABASE_SSLMODE, value: {{ . | quote }} }
{{- end }}
{{- if .Values.database.tls.certificatesSecret }}
- { name: DATABASE_SSLROOTCERT, value: /etc/climatebatch/ca.crt }
{{- end }}
{{- end -}}

{{- define "climatebatch.readEnv" -}}
{{- with .Values.database.read.hosts }}
- { name: DATABASE_READ_HOSTS, value: {{ join "," . | quote }} }
- { name: DATABASE_READ_WAIT_SECONDS, value: {{ $.Values.database.read.waitSeconds | int | quote }} }
{{- end }}
{{- end -}}

{{- define "climatebatch.certificatesMount" -}}
{{- if .Values.database.tls.certificatesSecret }}
- { name: certificates, mountPath: /etc/climatebatch, readOnly: true }
{{- end }}
{{- end -}}

{{- define "climatebatch.certificatesVolume" -}}
{{- with .Values.database.tls.certificatesSecret }}
- name: certificates
  secret: { secretName: {{ . | quote }} }
{{- end }}
{{- end -}}

{{/* Pod Security `restricted`, with a read-only root file system. */}}
{{- define "climatebatch.podSecurity" -}}
runAsNonRoot: true
runAsUser: {{ .Values.job.runAsUser | int64 }}
runAsGroup: {{ .Values.job.runAsUser | int64 }}
fsGroup: {{ .Values.job.runAsUser | int64 }}
seccompProfile: { type: RuntimeDefault }
{{- end -}}

{{- define "climatebatch.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
runAsNonRoot: true
capabilities: { drop: [ALL] }
{{- end -}}

{{/* Where a pod runs: a dict of values with nodeSelector, tolerations and so on. */}}
{{- define "climatebatch.placement" -}}
{{- with .priorityClassName }}
priorityClassName: {{ . | quote }}
{{- end }}
{{- with .nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .topologySpreadConstraints }}
topologySpreadConstraints:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}
