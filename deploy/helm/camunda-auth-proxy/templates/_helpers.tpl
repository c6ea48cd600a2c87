{{- define "proxy.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{/* Short enough for what is put behind it. */}}
{{- define "proxy.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" }}
{{- else if contains (include "proxy.name" .) .Release.Name }}
{{- .Release.Name | trunc 40 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name (include "proxy.name" .) | trunc 40 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{- define "proxy.selector" -}}
app.kubernetes.io/name: {{ include "proxy.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: proxy
{{- end }}

{{- define "proxy.labels" -}}
app.kubernetes.io/name: {{ include "proxy.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end }}

{{- define "proxy.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ default .Chart.AppVersion .Values.image.tag }}
{{- end }}
{{- end }}

{{/* The label of pods that may call. */}}
{{- define "proxy.clientLabel" -}}
{{ include "proxy.fullname" . }}-client
{{- end }}

{{/* What every container of the chart is allowed: the standard "restricted", and no writing. */}}
{{- define "proxy.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
runAsNonRoot: true
capabilities:
  drop: [ALL]
{{- end }}

{{- define "proxy.podSecurity" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
fsGroup: 65532
fsGroupChangePolicy: OnRootMismatch
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{/* The Secret whose keys are the files below /run/secrets/camunda; empty if there is none. */}}
{{- define "proxy.secretName" -}}
{{- if .Values.secret.existingSecret }}
{{- .Values.secret.existingSecret }}
{{- else if .Values.secret.externalSecret.secretStoreRef.name }}
{{- include "proxy.fullname" . }}-credentials
{{- end }}
{{- end }}

{{/* The SecretProviderClass that they are mounted by instead; empty if there is none. */}}
{{- define "proxy.providerClass" -}}
{{- if .Values.secret.csi.existingClass }}
{{- .Values.secret.csi.existingClass }}
{{- else if .Values.secret.csi.provider }}
{{- include "proxy.fullname" . }}
{{- end }}
{{- end }}

{{/* The Secret of the caller token; empty if callers have tokens of their own and there is no other. */}}
{{- define "proxy.callerTokenSecret" -}}
{{- if .Values.callerToken.existingSecret }}
{{- .Values.callerToken.existingSecret }}
{{- else if not .Values.callersFile.existingSecret }}
{{- include "proxy.fullname" . }}-caller-token
{{- end }}
{{- end }}

{{/* The names that callers find the Service by, which the proxy has to know. */}}
{{- define "proxy.serviceNames" -}}
{{- $name := include "proxy.fullname" . }}
{{- $inNamespace := printf "%s.%s" $name .Release.Namespace }}
{{- list $name $inNamespace (printf "%s.svc" $inNamespace) (printf "%s.svc.cluster.local" $inNamespace) | toJson }}
{{- end }}

{{/* The configuration file: what the values say, and what the chart has to say itself. */}}
{{- define "proxy.config" -}}
{{- $hosts := concat (include "proxy.serviceNames" . | fromJsonArray) (default list .Values.config.allowedHosts) }}
{{- $own := dict
  "host" .Values.listenOn "port" 8080
  "adminHost" .Values.listenOn "adminPort" 9601
  "allowedHosts" $hosts
  "stateFile" "/var/lib/camunda-auth-proxy/state.json" }}
{{- if include "proxy.callerTokenSecret" . }}
{{- $_ := set $own "callerTokenFile" (printf "/run/secrets/caller-token/%s" .Values.callerToken.key) }}
{{- end }}
{{- if .Values.callersFile.existingSecret }}
{{- $_ := set $own "callersFile" (printf "/run/secrets/callers/%s" .Values.callersFile.key) }}
{{- end }}
{{- toYaml (merge $own .Values.config) }}
{{- end }}

{{/* What no schema can tell. */}}
{{- define "proxy.check" -}}
{{- $c := .Values.config }}
{{- if not (or $c.restAddress $c.clusterId $c.clusters) }}
{{- fail "config: name the cluster, by restAddress, by clusterRegion and clusterId, or several by clusters" }}
{{- end }}
{{- $sources := compact (list .Values.secret.existingSecret (include "proxy.providerClass" .) .Values.secret.externalSecret.secretStoreRef.name) }}
{{- if gt (len $sources) 1 }}
{{- fail "secret: choose one of existingSecret, csi and externalSecret" }}
{{- end }}
{{- if and .Values.secret.externalSecret.secretStoreRef.name (not .Values.secret.externalSecret.data) }}
{{- fail "secret.externalSecret.data: name at least one entry of the store" }}
{{- end }}
{{- if lt (int .Values.terminationGracePeriodSeconds) (add (int .Values.preStopSleepSeconds) 35 | int) }}
{{- fail "terminationGracePeriodSeconds: at least preStopSleepSeconds + 35, since requests in flight have 30 s to finish" }}
{{- end }}
{{- end }}
