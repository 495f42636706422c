"""What follows from the settings: physical names and addresses. A change here replaces what has them."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from settings.environment import Settings


@dataclass(frozen=True)
class Names:
    settings: "Settings"

    @property
    def host(self) -> str:
        """Where the API answers."""
        return self.settings.app.host or self.settings.dns.domain

    @property
    def api_url(self) -> str:
        """Plain HTTP before the domain is delegated: there is no certificate to show."""
        return f"{'https' if self.settings.dns.delegated else 'http'}://{self.host}"

    @property
    def internal_domain(self) -> str:
        """The private zone of what is scraped and pushed to inside the VPC: it outlives every cluster."""
        return f"{self.prefix}.internal"

    @property
    def monitoring_bucket(self) -> str:
        """Where the monitoring host gets its configuration."""
        return f"{self.prefix}-monitoring-{self.settings.account}"

    @property
    def monitoring_namespace(self) -> str:
        """Of the metrics in CloudWatch that the monitoring host sends."""
        return f"{self.prefix}/monitoring"

    @property
    def alert_topic_arn(self) -> str:
        """Where Alertmanager and CloudWatch send alerts about everything but the database."""
        return f"arn:aws:sns:{self.settings.region}:{self.settings.account}:{self.prefix}-monitoring"

    @property
    def listeners(self) -> dict[str, int]:
        """The ARN of each topic of alarms, and how many people are to hear of it."""
        alerts, database = len(self.settings.monitoring.alert_emails), len(self.settings.database.alarm_emails)
        topic = self.alert_topic_arn
        return {
            topic: alerts,
            f"{topic}-silent": alerts,
            f"{topic.removesuffix('monitoring')}database-alarms": database,
        }

    @property
    def grafana_secret(self) -> str:
        """Outside of <prefix>/, which the pods of External Secrets may read."""
        return f"{self.prefix}-monitoring/grafana"

    @property
    def boundary(self) -> str:
        """The policy that says how far the roles of nodes, pods, hosts and services reach at most."""
        return f"{self.prefix}-boundary"

    @property
    def boundary_arn(self) -> str:
        return f"arn:aws:iam::{self.settings.account}:policy/{self.boundary}"

    @property
    def runner_zone(self) -> str:
        return self.settings.runner.zone or self.settings.vpc.zones[0]

    @property
    def runner_url(self) -> str:
        """Whose jobs the runner takes. An id that the settings have behind the name is no part of the address."""
        owner = self.settings.iam.github.application_repository.split("/")[0].split("@")[0]
        return self.settings.runner.github_url or f"https://github.com/{owner}"

    @property
    def runner_bucket(self) -> str:
        """Through which Ansible sends files to the runner."""
        return f"{self.prefix}-runner-{self.settings.account}"

    @property
    def buckets(self) -> tuple[str, ...]:
        """All that no other environment uses."""
        return self.monitoring_bucket, self.runner_bucket

    @property
    def runner_token_parameter(self) -> str:
        """In SSM: what the next runner registers with."""
        return f"/{self.prefix}/runner/registration-token"

    @property
    def restore_drill_parameter(self) -> str:
        """In SSM: written after each restore drill that has passed."""
        return f"/{self.prefix}/database/restore-drill"

    @property
    def prefix(self) -> str:
        """The start of every physical name, such as realworld-staging."""
        return f"{self.settings.project}-{self.settings.environment}"

    @property
    def cluster(self) -> str:
        return self.settings.eks.name or self.prefix

    @property
    def database(self) -> str:
        return self.settings.database.identifier or self.prefix

    @property
    def state_bucket(self) -> str:
        return f"{self.settings.project}-tfstate-{self.settings.account}-{self.settings.region}"

    def state_key(self, stack: str) -> str:
        return f"{self.settings.environment}/{stack}.tfstate"
