"""A chart whose Helm can be killed in the middle: with waits it has a pod that never gets ready."""

from pathlib import Path

OBJECTS = """
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {NAME: "{{ .Values.NAME }}"}
---
{{- if .Values.waits }}
apiVersion: v1
kind: Pod
metadata: {name: never-ready}
spec: {containers: [{name: a, image: a}]}
{{- end }}
"""


def write(folder: Path, value: str) -> None:
    """The ConfigMap settings shows this one of its values."""
    (folder / "templates").mkdir(parents=True)
    (folder / "Chart.yaml").write_text("{apiVersion: v2, name: chart, version: 1.0.0}")
    (folder / "templates" / "all.yaml").write_text(OBJECTS.replace("NAME", value))
