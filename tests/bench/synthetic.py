"""python -m tests.bench.synthetic RESOURCES STACKS FOLDER: a platform of any size, on the engine that is measured."""

import sys

from imports.engine import App, TerraformStack


def write(resources: int, stacks: int, folder: str) -> None:
    """So many security groups with two rules each in as many stacks; with none of them, what the engine alone costs."""
    app = App(outdir=folder)
    for number in range(stacks):
        stack = TerraformStack(app, f"stack{number}")
        if resources:
            from imports.aws.provider import AwsProvider
            from imports.aws.security_group import SecurityGroup, SecurityGroupIngress

            AwsProvider(stack, "aws", region="us-east-1")
            for each in range(resources // stacks):
                ports = [SecurityGroupIngress(from_port=port, to_port=port, protocol="tcp") for port in (80, 443)]
                SecurityGroup(stack, f"group{each}", name=f"group{each}", ingress=ports)
    app.synth()


if __name__ == "__main__":
    write(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
