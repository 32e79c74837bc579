"""The data of the upgrade test: each module plays some of the clients of a suite."""
