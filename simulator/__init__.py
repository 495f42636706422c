"""The AWS of the environment `local`: moto on this machine, with what it lacks for our stacks.

It listens on loopback only, keeps everything in memory, and forgets it when it stops. Terraform and the AWS provider
reach it through environment variables, so the synthesized JSON knows nothing of it.
"""

ACCOUNT = "123456789012"
