"""port-name as a backend of backproof, registered by an entry point."""

from backproof_port_name.port import Port

__all__ = ["Port"]
