"""A chart whose Helm can be killed in the middle: with waits it has a pod that never gets ready."""

import base64
import gzip
import json
from pathlib import Path
from typing import Any

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


def rewrite(record: dict[str, Any], **info: str) -> None:
    """As Helm writes it: the record is JSON, compressed, in base64, in the base64 of a Secret."""
    release = json.loads(gzip.decompress(base64.b64decode(base64.b64decode(record["data"]["release"]))))
    release["info"] |= info
    record["metadata"]["labels"]["status"] = release["info"]["status"]
    packed = gzip.compress(json.dumps(release).encode())
    record["data"]["release"] = base64.b64encode(base64.b64encode(packed)).decode()
