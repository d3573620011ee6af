import json
import os
import os.path as osp
import tempfile
from typing import Any, Dict, Optional, Tuple

from mmengine.config import Config

from mmfermtl.engine.run_history import write_json
from ..data_tools.output_files import make_output_folder, report_write_errors
from ..user_errors import UserError
from .config_identity import config_hash, describe_differences
from .run_key import RunKey

MANIFEST = 'cross_validation.json'
DONE = 'done.json'
LOG = 'run.log'


class StudyFolder:
    """The folder of a cross-validation: its config, and a folder a run.

    The config is kept as it was at the first start, so that later edits of
    the file do not mix two configs in one result. ::

        out
        ├── cross_validation.json       what the study is
        ├── <config name>.py            its config, options merged
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

    Raises:
        UserError: If it has none, or a damaged one.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        file = osp.join(path, MANIFEST)
        if not osp.isfile(file):
            raise UserError(f'{path} holds no {MANIFEST}, so that it is no '
                            'folder of tools/cross_validate.py')
        self.manifest: Dict[str, Any] = read_object(
            file, ('config', 'config_sha256', 'num_folds', 'amp'),
            'start again with an empty folder')

    @classmethod
    def open(cls, path: str, cfg: Config, num_folds: int,
             amp: bool) -> 'StudyFolder':
        """Begin a study in a folder, or go on with the one that is there.

        Args:
            path (str): The folder.
            cfg (Config): Config of the study, without those of its runs.
            num_folds (int): Number of folds.
            amp (bool): Whether to train in mixed precision.

        Returns:
            StudyFolder: The study.

        Raises:
            UserError: If the folder has other contents, or another config.
        """
        make_output_folder('--out', path)
        name = osp.basename(cfg.filename)
        if not osp.exists(osp.join(path, MANIFEST)):
            # Array tasks may start at the same time.
            strange = [
                n for n in os.listdir(path)
                if n != name and not n.endswith('.tmp') and n[0] != '.'
            ]
            if strange:
                raise UserError(
                    f'--out {path} holds other things ({strange[0]}, ...) '
                    f'but no {MANIFEST}; give a new or an empty folder')
            manifest = dict(
                config=name,
                config_sha256=config_hash(cfg),
                num_folds=num_folds,
                amp=amp)
            with report_write_errors('--out', path):
                _write_text(osp.join(path, name), cfg.pretty_text)
                _write_first(osp.join(path, MANIFEST), manifest)
        study = cls(path)
        study._check_same(cfg, amp)
        return study

    def _check_same(self, cfg: Config, amp: bool) -> None:
        """Refuse to mix two configs."""
        before = self.load_config()
        mend = 'give another --out, or the same options as before'
        if self.manifest['amp'] != amp:
            raise UserError(f'{self.path} was started '
                            f'{"with" if self.manifest["amp"] else "without"} '
                            f'--amp; {mend}')
        if self.manifest['config_sha256'] == config_hash(cfg):
            return
        differing = describe_differences(before, cfg)
        more = f'; and {len(differing) - 4} more' * (len(differing) > 4)
        raise UserError(f'{self.path} belongs to another config '
                        f'({"; ".join(differing[:4])}{more}); {mend}')

    def load_config(self) -> Config:
        """Read the config of the study.

        Returns:
            Config: As it was when the study began.

        Raises:
            UserError: If the file is gone or was edited.
        """
        path = osp.join(self.path, self.manifest['config'])
        try:
            cfg = Config.fromfile(path)
        except (OSError, SyntaxError) as error:
            raise UserError(f'{path}: the config of the study cannot be read '
                            f'({error}); start again with an empty '
                            'folder') from error
        if config_hash(cfg) != self.manifest['config_sha256']:
            raise UserError(f'{path} is not what the study began with; undo '
                            'the changes, or start again with an empty '
                            'folder')
        return cfg

    def run_dir(self, key: RunKey) -> str:
        """Work directory of a run."""
        return osp.join(self.path, key.folder)

    def read_done(self, key: RunKey) -> Optional[Dict[str, Any]]:
        """Read what a complete run has left behind.

        Args:
            key (RunKey): The run.

        Returns:
            dict, optional: None if the run is not complete. A damaged file
            counts as none, for the run makes it anew from its last
            checkpoint.

        Raises:
            UserError: If the run is of another config.
        """
        path = osp.join(self.run_dir(key), DONE)
        if not osp.isfile(path):
            return None
        try:
            done = read_object(path, ('config_sha256', 'epochs'), '')
        except UserError:
            return None
        found = (done['config_sha256'], done.get('seed'), done.get('fold'))
        wanted = (self.manifest['config_sha256'], key.seed, key.fold)
        if found != wanted:
            raise UserError(
                f'{path}: the run is of config {found[0][:12]}, seed '
                f'{found[1]}, fold {found[2]}, expected {wanted[0][:12]}, '
                f'{key.seed}, {key.fold}; remove {osp.dirname(path)}')
        return done


def read_object(path: str, keys: Tuple[str, ...], mend: str) -> Dict[str, Any]:
    """Read a JSON file that must hold an object.

    Args:
        path (str): The file.
        keys (tuple[str]): Keys that it must have.
        mend (str): What to do if it is damaged.

    Returns:
        dict: The object.

    Raises:
        UserError: If the file is missing, no JSON, or lacks a key.
    """
    try:
        with open(path, encoding='utf-8') as file:
            value = json.load(file)
    except (OSError, ValueError) as error:
        raise UserError(f'{path} cannot be read ({error}); {mend}') from error
    missing = [
        k for k in keys if not isinstance(value, dict) or k not in value
    ]
    if missing:
        raise UserError(f'{path} is damaged: it lacks {", ".join(missing)}; '
                        f'{mend}')
    return value


def _write_text(path: str, text: str) -> None:
    """Write a text file in one step."""
    with tempfile.NamedTemporaryFile(
            'w',
            dir=osp.dirname(path),
            suffix='.tmp',
            delete=False,
            encoding='utf-8') as file:
        file.write(text)
    os.chmod(file.name, 0o644)
    os.replace(file.name, path)


def _write_first(path: str, value: Dict[str, Any]) -> None:
    """Write a JSON file unless another process was faster."""
    draft = f'{path}.{os.getpid()}.tmp'
    write_json(draft, value)
    try:
        os.link(draft, path)
    except FileExistsError:
        os.remove(draft)
    except OSError:  # no hard links on this file system
        os.replace(draft, path)
    else:
        os.remove(draft)
