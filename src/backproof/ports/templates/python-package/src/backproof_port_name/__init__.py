"""port-name as a backend of backproof, found under that name through an entry point."""

from backproof_port_name.port import Port

__all__ = ["Port"]
