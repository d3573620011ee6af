import os.path as osp
from typing import Any, Callable, Dict, NamedTuple, Optional, Tuple

from mmengine.config import Config
from mmengine.registry import init_default_scope
from torch import nn

from ..engine.checkpoints.model_loading import load_model
from ..engine.config.config_errors import explain_config_errors
from ..engine.config.run_config import load_config
from ..models import BackboneEmbedder, FileEmbedder
from ..registry import MODELS
from ..utils.contained_files import file_sha256
from ..utils.errors import UserError
from ..utils.safe_loading import load_checkpoint_safely, weights_file
from .fold_agreement import check_agreement

EMBEDDER_OPTIONS = ('size', 'mean', 'std', 'channels', 'rgb')


class FilterNetworks(NamedTuple):
    """Networks that the quality filters use.

    An evaluation classifier must be trained on the same fold of the same
    dataset as the generator; so must an embedder that comes from that
    dataset.
    """

    classifier_cfg: Optional[Config] = None
    classifier_checkpoint: Optional[str] = None
    #: File of :class:`~mmfermtl.models.FileEmbedder`, and its options.
    embedder: Optional[str] = None
    embedder_options: Optional[Dict[str, Any]] = None
    #: Or config and checkpoint of a classifier with a backbone, or of a
    #: FileEmbedder with a network.
    embedder_cfg: Optional[Config] = None
    embedder_checkpoint: Optional[str] = None

    def build(self, leaf: Dict[str, Any],
              device: str) -> Tuple[Optional[nn.Module], Optional[nn.Module]]:
        """Load the evaluation classifier and the embedder onto a device.

        Each is None if it is not given; ``leaf`` is the config of the source
        dataset.

        Raises:
            UserError: If one lacks its config or checkpoint, or may know the
                test subjects.
        """
        classifier = None
        if _is_given('classifier', self.classifier_cfg,
                     self.classifier_checkpoint):
            loaded = load_checkpoint_safely(self.classifier_checkpoint)
            check_agreement(loaded, self.classifier_checkpoint, leaf,
                            'evaluation classifier')
            classifier = load_model(self.classifier_cfg,
                                    self.classifier_checkpoint).to(device)

        def check(checkpoint: Dict[str, Any], path: str, role: str) -> None:
            check_agreement(checkpoint, path, leaf, role, True)

        embedder = self.load_embedder(check)
        if embedder is not None:
            embedder = embedder.to(device)
        return classifier, embedder

    def load_embedder(
        self, check: Callable[[Dict[str, Any], str, str],
                              None]) -> Optional[nn.Module]:
        """Load the embedder, on the CPU; None if it is not given.

        ``check`` gets its loaded checkpoint, the path and its role, and raises
        an error if it may know the test subjects.

        Raises:
            UserError: If it lacks its config or checkpoint, or may know the
                test subjects.
        """
        embedder: Optional[nn.Module] = None
        if _is_given('embedder', self.embedder_cfg, self.embedder_checkpoint):
            if self.embedder is not None:
                raise UserError('--embedder and --embedder-checkpoint both '
                                'name an embedder; give one of them')
            check(
                load_checkpoint_safely(self.embedder_checkpoint),
                self.embedder_checkpoint, 'embedder')
            embedder = _load_embedder(self.embedder_cfg,
                                      self.embedder_checkpoint)
        elif self.embedder is not None:
            options = self.embedder_options or {}
            unknown = sorted(set(options) - set(EMBEDDER_OPTIONS))
            if unknown:
                raise UserError(f'--embedder-options: {", ".join(unknown)} '
                                'is not known; expected some of '
                                f'{", ".join(EMBEDDER_OPTIONS)}')
            embedder = FileEmbedder(self.embedder, **options)
        elif self.embedder_options:
            raise UserError('--embedder-options: there is no --embedder to '
                            'apply them to; give its file, or leave them out')
        return None if embedder is None else embedder.eval()

    def describe(self) -> Dict[str, Any]:
        """dict: Names and checksums of the files, for the provenance."""
        files = dict(
            classifier=self.classifier_checkpoint,
            embedder=self.embedder or self.embedder_checkpoint)
        return {
            role:
            path and dict(
                name=osp.basename(path),
                sha256=file_sha256(weights_file(path)))
            for role, path in files.items()
        }


def _is_given(role: str, cfg: Optional[Config],
              checkpoint: Optional[str]) -> bool:
    """Check that config and checkpoint of a network come together."""
    if (cfg is None) != (checkpoint is None):
        raise UserError(f'--{role}-config and --{role}-checkpoint go '
                        'together; give both or neither')
    return cfg is not None


def load_embedder_config(path: str, **options: Any) -> Config:
    """Read the config of an embedder.

    The options, such as the fold, are those of the data. One that a
    FileEmbedder alone makes up has none.
    """
    cfg = load_config(path)
    return cfg if _is_file_embedder(cfg) else load_config(path, **options)


def _is_file_embedder(cfg: Config) -> bool:
    kind = str(cfg.get('model', {}).get('type')).rsplit('.', 1)[-1]
    return kind == FileEmbedder.__name__


def _load_embedder(cfg: Config, checkpoint: str) -> nn.Module:
    """Build the embedder of a config with the weights of a checkpoint."""
    if not _is_file_embedder(cfg):
        return BackboneEmbedder(load_model(cfg, checkpoint))
    init_default_scope(cfg.get('default_scope', 'mmpretrain'))
    with explain_config_errors(cfg):
        return MODELS.build(dict(cfg.model, path=checkpoint))
