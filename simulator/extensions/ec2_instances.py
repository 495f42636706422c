"""EC2: the network interfaces of instances.

- moto takes security groups that are named for the interface, where the provider names them when a public address is
  refused or asked for, for those of the interface alone: Terraform sees an instance without any. It also shows every
  interface as associated with an address, be it none, so that Terraform replaces the instance at every plan.
- moto keeps an interface that came with an instance. One that was given to an instance stays attached when the instance
  is terminated.
"""

from typing import Any

from moto.ec2.models.elastic_network_interfaces import NetworkInterface
from moto.ec2.models.instances import Instance


def apply() -> None:
    prepare, terminate = Instance.prep_nics, Instance.terminate
    associated = NetworkInterface.association.fget  # type: ignore[attr-defined]

    def prep_nics(self: Any, nic_spec: list[dict[str, Any]], *args: Any, **arguments: Any) -> None:
        given = {specification.get("NetworkInterfaceId") for specification in nic_spec}
        kept = {int(each["DeviceIndex"]) for each in nic_spec if each.get("DeleteOnTermination") is False}
        prepare(self, nic_spec, *args, **arguments)
        for index, interface in self.nics.items():
            interface.delete_on_termination = interface.id not in given and index not in kept
        if not self.security_groups and 0 in self.nics:
            self.security_groups = list(self.nics[0].group_set)

    def terminate_instance(self: Any) -> Any:
        state = terminate(self)
        for interface in list(self.nics.values()):
            if not interface.delete_on_termination:
                interface.instance = interface.attachment_id = interface.device_index = None
                interface.status = "available"
        return state

    Instance.prep_nics = prep_nics  # type: ignore[method-assign]
    Instance.terminate = terminate_instance  # type: ignore[method-assign]
    NetworkInterface.association = property(lambda self: associated(self) or None)  # type: ignore[assignment]
