"""A month of series as the targets of prometheus.yml answer them: minute by minute, from a seed."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from random import Random

import yaml

DAY = 24 * 60
PODS = 2
# A number, what it is in that minute of the time it is put into, or nothing at all.
Value = float | Callable[[int], float | None] | None
HTTP = "http_server_request_duration_seconds"
BACKEND = 'namespace="realworld",deployment="realworld-backend"'
WELL = yaml.safe_load(Path(__file__).with_name("well.yaml").read_text())


@dataclass(frozen=True)
class Life:
    """A pod or a node: there from a minute until another one."""

    name: str
    begin: int
    end: int


class Month:
    """Gauges have their value in each minute, counters what is added in it; None where nothing is stored."""

    def __init__(self, days: int, random: Random) -> None:
        self.minutes, self.random = days * DAY, random
        self.gauges: dict[str, list[float | None]] = {}
        self.counters: dict[str, list[float | None]] = {}
        self.requests = [self._poisson(self.rate(minute)) for minute in range(self.minutes)]
        # The share of the requests that the pods fail, answer late, or never see.
        self.failing, self.slow, self.lost = ([0.0] * self.minutes for _ in range(3))
        self.reached = [True] * self.minutes
        self.generations = [0]  # when a release begins
        self.replaced: list[int] = []  # when a node makes room for another
        self.watchers = [0]  # when a pod of kube-state-metrics follows another
        self.away: list[range] = []  # when there is no monitoring host, and nobody looks
        self.hidden: list[tuple[tuple[str, ...], range]] = []

    @staticmethod
    def rate(minute: int) -> float:
        """Requests a minute: six an hour at night, up to 80 a minute by day, half of it at the weekend."""
        hour = minute % DAY / 60
        if not 6 <= hour < 23:
            return 0.1
        weekend = 0.5 if minute // DAY % 7 >= 5 else 1
        return 0.1 + 80 * weekend * math.sin(math.pi * (hour - 6) / 17)

    def _poisson(self, mean: float) -> int:
        if mean > 20:
            return max(0, round(self.random.gauss(mean, math.sqrt(mean))))
        limit, count, product = math.exp(-mean), 0, self.random.random()
        while product > limit:
            count, product = count + 1, product * self.random.random()
        return count

    def put(self, series: str, begin: int, length: int, value: Value) -> None:
        """A gauge, or what a counter adds. Elsewhere a new series has no value, and a new counter adds nothing."""
        name = series.split("{")[0]
        if series not in self.counters and name.endswith(("_total", "_oom_kill")) and not name.startswith("kube_"):
            self.counters[series] = [0.0] * self.minutes
        values = self.counters.get(series)
        if values is None:
            values = self.gauges.setdefault(series, [None] * self.minutes)
        for minute in range(max(begin, 0), min(begin + length, self.minutes)):
            values[minute] = value(minute - begin) if callable(value) else value

    def always(self, series: str, value: Value) -> None:
        self.put(series, 0, self.minutes, value)

    def hide(self, names: Sequence[str], begin: int, length: int) -> None:
        """Nothing is stored of what begins with one of these; counters go on."""
        self.hidden.append((tuple(names), range(begin, begin + length)))

    def nodes(self) -> list[Life]:
        """Three at a time; the new one is there a quarter of an hour before the old one ends."""
        begins, lives = [0, 0, 0], []
        for number, moment in enumerate(sorted(self.replaced)):
            lives.append(Life(f"node-{number}", begins[number], moment + 15))
            begins.append(moment)
        last = [Life(f"node-{place}", begins[place], self.minutes) for place in range(len(lives), len(begins))]
        return lives + last

    def node(self, minute: int) -> str:
        """One that is there then, and stays for some hours."""
        settled = (life for life in self.nodes() if life.begin <= max(minute - 30, 0))
        return next(life.name for life in settled if life.end >= min(minute + DAY // 2, self.minutes))

    def pods(self) -> list[Life]:
        ends = [*(begin + 3 for begin in self.generations[1:]), self.minutes]
        return [
            Life(f"backend-{number}-{pod}", begin + pod if begin else 0, end)
            for number, (begin, end) in enumerate(zip(self.generations, ends, strict=True))
            for pod in range(PODS)
        ]

    def background(self) -> None:
        """A platform that is well, before anything happens to it. It is new: its first copies are not there yet."""
        for series, value in WELL["gauges"].items():
            self.always(series, value)
        for series in WELL["counters"]:
            self.counters[series] = [0.0] * self.minutes
        for begin, end in pairwise([*self.watchers, self.minutes]):
            self.put(f'up{{job="kube-state-metrics",instance="k{begin}"}}', begin, end - begin, 1)
        for life in self.pods():
            self.put(f'up{{job="api",instance="{life.name}"}}', life.begin, life.end - life.begin, 1)
        for life in self.nodes():
            self._node(life)
        self._machine('job="monitoring-host",instance="h"', "/var/lib/monitoring", 0, self.minutes)
        self._workloads()
        self._aws()
        self.always('probe_ssl_earliest_cert_expiry{job="probe",instance="u"}', (self.minutes + 60 * DAY) * 60)
        self.always('loki_distributor_lines_received_total{job="loki"}', lambda k: 20 + self.requests[k])
        for minute in range(self.minutes):
            if self.random.random() < 0.0003:
                self.failing[minute] = 1 / max(self.requests[minute], 1)

    def _node(self, life: Life) -> None:
        """New ones are ready after two minutes, with an agent after four; of old ones the pods are gone after ten."""
        begin, name = life.begin, life.name
        whole, last = life.end - begin, life.end == self.minutes
        joined = 2 if begin else 0
        leaves = whole if last else whole - 5
        # What ends is not ready for two minutes.
        ready: Value = lambda k: float(not (k < joined or (not last and k >= whole - 2)))  # noqa: E731
        self.put(f'up{{job="node-exporter",instance="{name}"}}', begin, whole, lambda k: float(not begin or k > 2))
        self.put(f'kube_node_info{{node="{name}"}}', begin + joined, whole - joined, 1)
        status = f'kube_node_status_condition{{node="{name}",condition="%s",status="true"}}'
        self.put(status % "Ready", begin, whole, ready)
        for condition in ("DiskPressure", "MemoryPressure", "PIDPressure"):
            self.put(status % condition, begin, whole, 0)
        cordoned: Value = lambda k: float(not last and k >= leaves - 10)  # noqa: E731
        self.put(f'kube_node_spec_unschedulable{{node="{name}"}}', begin, whole, cordoned)
        agent = f'namespace="logging",created_by_kind="DaemonSet",pod="alloy-{name}",node="{name}"'
        self.put(f"kube_pod_info{{{agent}}}", begin + 2 * joined, leaves - 2 * joined, 1)
        self._machine(f'job="node-exporter",instance="{name}"', "/", begin, whole)

    def _machine(self, machine: str, mountpoint: str, begin: int, whole: int) -> None:
        disk = f'{machine},fstype="xfs",mountpoint="{mountpoint}"'
        values: dict[str, Value] = {
            f"node_filesystem_avail_bytes{{{disk}}}": lambda k: 50 - k % DAY // 60 / 4,
            f"node_filesystem_size_bytes{{{disk}}}": 100,
            f"node_filesystem_files_free{{{disk}}}": 80,
            f"node_filesystem_files{{{disk}}}": 100,
            f"node_filesystem_readonly{{{disk}}}": 0,
            f"node_memory_MemAvailable_bytes{{{machine}}}": lambda k: 30 - k // 15 % 4,
            f"node_memory_MemTotal_bytes{{{machine}}}": 100,
            # Set at boot, and wandering by milliseconds from then on.
            f"node_timex_offset_seconds{{{machine}}}": lambda k: (
                0.3 - k * 0.015 if k < 20 else 0.002 * (k // 7 % 3 - 1)
            ),
            f"node_timex_sync_status{{{machine}}}": lambda k: float(k > 3),
            f"node_timex_maxerror_seconds{{{machine}}}": lambda k: 0.1 if k > 3 else 16,
        }
        for series, value in values.items():
            self.put(series, begin, whole, value)

    def _workloads(self) -> None:
        lives = self.nodes()
        there = [sum(life.begin <= minute < life.end for life in lives) for minute in range(self.minutes)]
        lacking = {life.begin + wait for life in lives if life.begin for wait in range(4)}
        lacking |= {life.end - wait for life in lives if life.end < self.minutes for wait in range(1, 6)}
        released = {begin + wait for begin in self.generations[1:] for wait in range(4)}

        def peak(minute: int) -> int:
            return 5 if self.rate(minute) > 70 else 3

        agents, scaler = (
            '{namespace="logging",daemonset="alloy"}',
            '{namespace="realworld",horizontalpodautoscaler="h"}',
        )
        quota = '{namespace="realworld",resourcequota="q",resource="pods",type="used"}'
        values: dict[str, Value] = {
            f"kube_daemonset_status_desired_number_scheduled{agents}": lambda k: there[k],
            f"kube_daemonset_status_number_ready{agents}": lambda k: there[k] - (k in lacking),
            f"kube_deployment_spec_replicas{{{BACKEND}}}": peak,
            f"kube_deployment_status_replicas_available{{{BACKEND}}}": lambda k: peak(k) - (k in released),
            f"kube_deployment_metadata_generation{{{BACKEND}}}": lambda k: sum(each <= k for each in self.generations),
            f"kube_deployment_status_observed_generation{{{BACKEND}}}": lambda k: (
                sum(each < k for each in self.generations) or 1
            ),
            f"kube_horizontalpodautoscaler_status_current_replicas{scaler}": peak,
            f"kube_resourcequota{quota}": lambda k: 2 * peak(k) + 3 * (k in released),
            # kube-state-metrics knows it with the pod, and not with its first restart.
            'kube_pod_container_status_restarts_total{namespace="n",pod="sidecar",container="c"}': 0,
        }
        for series, value in values.items():
            self.always(series, value)

    def _aws(self) -> None:
        database = '{instance_identifier="d"}'
        daily: Value = lambda k: 60 * ((k - 180) // DAY * DAY + 180) if k >= 180 else 0  # noqa: E731
        values: dict[str, Value] = {
            f"aws_rds_free_storage_bytes{database}": lambda k: 60 - k / DAY / 4,
            # Its copy of the night keeps it busy for ten minutes.
            f"aws_rds_cpu_utilization_percent{database}": lambda k: (
                96 if 180 <= k % DAY < 190 else 20 + self.requests[k] / 4
            ),
            f"aws_rds_connections{database}": lambda k: 30 + self.requests[k] // 4,
            f"aws_rds_latest_restorable_time_seconds{database}": lambda k: 60 * (k - 2 - k % 5),
            'aws_backup_recovery_point_time_seconds{vault="v"}': daily,
            'aws_ebs_snapshot_time_seconds{volume="d"}': daily,
            'aws_workflow_time_seconds{workflow="runner-token"}': lambda k: 60 * (k - k % 20),
            'aws_workflow_time_seconds{workflow="drift"}': lambda k: 60 * (k - k % DAY - 240),
            'node_textfile_mtime_seconds{job="monitoring-host",file="aws.prom"}': lambda k: 60 * k,
        }
        for series, value in values.items():
            self.always(series, value)
