from typing import Tuple

from mmengine.config import Config


class FormattedOnceConfig(Config):
    """A config whose text is formatted again only after a change.

    MMEngine writes the text to every checkpoint. Formatting it takes half a
    second, as long as saving the weights of a small network.
    """

    @classmethod
    def of(cls, cfg: Config) -> 'FormattedOnceConfig':
        """Convert a config; both share their keys."""
        other = cls.__new__(cls)
        other.__dict__.update(cfg.__dict__)
        return other

    @property
    def pretty_text(self) -> str:
        """str: The config as Python code."""
        content = repr(self.to_dict())
        known: Tuple[str, str] = self.__dict__.get('_formatted', ('', ''))
        if known[0] != content:
            known = (content, super().pretty_text)
            # An ordinary attribute would become a key of the config.
            self.__dict__['_formatted'] = known
        return known[1]
