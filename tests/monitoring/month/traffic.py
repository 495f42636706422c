"""What the pods of the API and the load balancer have counted."""

from tests.monitoring.month.world import HTTP, Month


def share(month: Month, count: int, part: float) -> int:
    exact = count * part
    return int(exact) + (month.random.random() < exact - int(exact))


def count_requests(month: Month) -> None:
    """A series for each pod, answer and bucket appears with its first event, as the exporter of Node has it."""
    lives = month.pods()
    counted: dict[tuple[str, str], list[float | None]] = {}
    for life in lives:
        for what, labels in {
            "good": '_count{job="api",http_response_status_code="200"',
            "fast": '_bucket{job="api",http_response_status_code="200",le="0.5"',
            "bad": '_count{job="api",http_response_status_code="500"',
        }.items():
            series = f'{HTTP}{labels},instance="{life.name}"}}'
            counted[what, life.name] = month.counters[series] = [None] * month.minutes
    edge: dict[str, list[float | None]] = {
        name: [0.0] * month.minutes for name in ("requests", "target_5xx", "elb_5xx")
    }
    up = {life.name: month.gauges[f'up{{job="api",instance="{life.name}"}}'] for life in lives}
    for minute, requests in enumerate(month.requests):
        there = [each.name for each in lives if each.begin <= minute < each.end]
        serving = [name for name in there if up[name][minute] is not None]
        arrived = 0
        if serving and month.reached[minute]:
            arrived = requests - round(requests * month.lost[minute])
        bad = share(month, arrived, month.failing[minute])
        late = share(month, arrived - bad, month.slow[minute])
        for place, name in enumerate(serving):
            of_all, failed, slow = ((each + place) // len(serving) for each in (arrived, bad, late))
            good = max(of_all - failed, 0)
            counted["good", name][minute], counted["bad", name][minute] = good, failed
            counted["fast", name][minute] = max(good - slow, 0)
        if month.reached[minute]:
            edge["requests"][minute], edge["target_5xx"][minute] = arrived / 60, bad / 60
            edge["elb_5xx"][minute] = (requests - arrived) / 60
    for name, values in edge.items():
        month.gauges[f'aws_alb_{name}_per_second{{load_balancer="b"}}'] = values
