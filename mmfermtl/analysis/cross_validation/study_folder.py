import copy
import os
import os.path as osp
from typing import Any, Dict, Iterable, Optional

from mmengine.config import Config
from mmengine.utils import import_modules_from_strings

from ...utils.atomic_files import PARTIAL, write_whole
from ...utils.contained_files import contained_path, is_inner_path
from ...utils.errors import UserError
from ...utils.json_documents import NUMBER, SHA256, Rule, read_json, write_json
from ...utils.output_files import make_output_folder, report_write_errors
from .run_key import RunKey
from .study_config import (check_types, config_hash, describe_differences,
                           make_config, read_config, save_config)

MANIFEST = 'cross_validation.json'
CONFIG = 'config.json'
DONE = 'done.json'
LOG = 'run.log'
_MANIFEST_SHAPE = dict(
    config=Rule('the name of a file, without a folder',
                lambda v: is_inner_path(v) and osp.basename(v) == v),
    config_sha256=SHA256,
    num_folds=int,
    amp=bool)
_ANOTHER = 'give another --out, or the same options as before'
#: Facts of ``summary.json`` that ``done.json`` repeats.
SUMMARY_SHAPE = {
    'seconds': NUMBER,
    'peak_memory_mb?': (*NUMBER, None),
    'num_parameters': (int, None),
    'num_train?': (int, None),
    'checkpoint?': (str, None),
    'leak?': (str, None)
}
#: The file that a complete run writes.
DONE_SHAPE = {
    'config_sha256': SHA256,
    'seed': int,
    'fold': int,
    'nested': bool,
    'epochs': {
        'last': int,
        str: int
    },
    'accuracy': NUMBER,
    'inputs?': ({
        str: SHA256
    }, None),
    'finished?': str,
    **dict.fromkeys(('code', 'versions', 'hardware'), dict),
    **SUMMARY_SHAPE
}


class StudyFolder:
    """The folder of a cross-validation: its config, and a folder a run.

    The config is kept as it was at the first start, so that later edits of
    the file do not mix two configs in one result. It is kept as data: no code
    of the folder is run, for it may be downloaded. ::

        out
        ├── cross_validation.json       the manifest
        ├── config.json                 the config, options merged
        ├── <config name>.py            the same for people, never read
        ├── seed_0
        │   ├── fold_0                  work directory of a run
        │   │   ├── done.json           written when it is complete
        │   │   ├── predictions         of every epoch
        │   │   └── run.log
        │   ├── nested_fold_0
        │   └── ...
        ├── results.json, predictions.json, card.md, confusion_*.png

    Args:
        path (str): The folder, which has a manifest.
        given (Config, optional): The config of the study, from the user.
            Defaults to None.
        vouched (str, optional): SHA-256 of a config from the user: the
            study's may import modules if it is the same. Defaults to None,
            with which it may name registered parts only.

    Raises:
        ValueError: If there is no valid manifest, or another config.
    """

    def __init__(self,
                 path: str,
                 given: Optional[Config] = None,
                 vouched: Optional[str] = None) -> None:
        self.path = path
        self._given = given
        self.vouched = vouched if given is None else config_hash(given)
        file = osp.join(path, MANIFEST)
        if not osp.isfile(file):
            raise UserError(f'{path} holds no {MANIFEST}, so that it is no '
                            'folder of tools/cross_validate.py')
        self.manifest: Dict[str, Any] = read_json(
            file, _MANIFEST_SHAPE, 'start again with an empty folder')
        if given is not None:
            self._require_same(given)

    @classmethod
    def open(cls, path: str, cfg: Config, num_folds: int,
             amp: bool) -> 'StudyFolder':
        """Start a study in a folder, or continue the one that is there.

        Raises:
            UserError: If the folder has other contents, or another config.
        """
        make_output_folder('--out', path)
        name = osp.basename(cfg.filename)
        if not osp.exists(osp.join(path, MANIFEST)):
            # Array tasks may start at the same time.
            foreign = [
                n for n in os.listdir(path) if n not in (
                    name, CONFIG) and not n.endswith(PARTIAL) and n[0] != '.'
            ]
            if foreign:
                raise UserError(
                    f'--out {path} holds other things ({foreign[0]}, ...) '
                    f'but no {MANIFEST}; give a new or an empty folder')
            manifest = dict(
                config=name,
                config_sha256=config_hash(cfg),
                num_folds=num_folds,
                amp=amp)
            with report_write_errors('--out', path):
                save_config(cfg, osp.join(path, CONFIG))
                write_whole(osp.join(path, name), cfg.pretty_text.encode())
                # The first of several array tasks that start at once.
                write_json(osp.join(path, MANIFEST), manifest, replace=False)
        study = cls(path, cfg)
        if study.manifest['amp'] != amp:
            raise UserError(
                f'{path} was started {"without" if amp else "with"}'
                f' --amp; {_ANOTHER}')
        return study

    def _require_same(self, cfg: Config) -> None:
        """Refuse to mix two configs, and a damaged copy of the config."""
        differing = describe_differences(self._read_config(), cfg)
        if self.manifest['config_sha256'] == config_hash(cfg):
            return
        if not differing:
            # Written otherwise, for example by an earlier version: the runs
            # go on with the config that they were started with.
            self._given = None
            self.vouched = self.manifest['config_sha256']
            return
        more = f'; and {len(differing) - 4} more' * (len(differing) > 4)
        raise UserError(f'{self.path} belongs to another config '
                        f'({"; ".join(differing[:4])}{more}); {_ANOTHER}')

    def _read_config(self) -> Config:
        """Read the config that the study was started with, as data."""
        path = osp.join(self.path, CONFIG)
        cfg = read_config(path, osp.join(self.path, self.manifest['config']))
        if config_hash(cfg) != self.manifest['config_sha256']:
            raise UserError(f'{path} is not what the study was started with; '
                            'undo the changes, or start again with an empty '
                            'folder')
        return cfg

    def load_config(self) -> Config:
        """Load the config that the study was started with.

        No code of the folder is run: a config that names code is refused
        unless the user has vouched for it.
        """
        if self._given is not None:
            return make_config(
                copy.deepcopy(self._given.to_dict()),
                osp.join(self.path, self.manifest['config']))
        cfg = self._read_config()
        if self.vouched != self.manifest['config_sha256']:
            check_types(cfg, osp.join(self.path, CONFIG))
        elif cfg.get('custom_imports'):
            import_modules_from_strings(**cfg.custom_imports)
        return cfg

    def run_dir(self, key: RunKey) -> str:
        """Return the work directory of a run; no link may lead it outside."""
        return contained_path(self.path, key.folder, follow=True)

    def find_done(self,
                  keys: Iterable[RunKey]) -> Dict[RunKey, Dict[str, Any]]:
        """Read the ``done.json`` of each run that is complete."""
        found = {key: self.read_done(key) for key in keys}
        return {key: done for key, done in found.items() if done is not None}

    def read_done(self, key: RunKey) -> Optional[Dict[str, Any]]:
        """Read the ``done.json`` of a run; None if it is not complete.

        A damaged file counts as none: the run writes it again from its last
        checkpoint.
        """
        path = osp.join(self.run_dir(key), DONE)
        if not osp.isfile(path):
            return None
        try:
            done = read_json(path, DONE_SHAPE)
        except ValueError:
            return None
        if ('nested' if key.nested else 'best_on_test') not in done['epochs']:
            return None
        found = (done['config_sha256'], done['seed'], done['fold'])
        wanted = (self.manifest['config_sha256'], key.seed, key.fold)
        if found != wanted:
            raise UserError(
                f'{path}: the run is of config {found[0][:12]}, seed '
                f'{found[1]}, fold {found[2]}, expected {wanted[0][:12]}, '
                f'{key.seed}, {key.fold}; remove {osp.dirname(path)}')
        return done
