from tests.integration.rights.conftest import cloud, deploy, deployed, transformed

__all__ = ["cloud", "deploy", "deployed", "transformed"]
