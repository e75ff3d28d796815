"""What a configuration of Keras can hold, and make again."""

import dataclasses


class Configured:
    """A frozen dataclass of plain values, which are its configuration."""

    def get_config(self):
        return dataclasses.asdict(self)

    @classmethod
    def from_config(cls, config):
        return cls(**config)
