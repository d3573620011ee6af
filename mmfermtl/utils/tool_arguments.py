from argparse import ArgumentParser, _ActionsContainer
from typing import List, Sequence, Tuple

from mmengine.config import DictAction

from .config.cfg_options import CfgOptionsAction
from .errors import UserError


def add_config_arguments(parser: ArgumentParser) -> None:
    """Add the arguments of all tools, named as those of ``load_config``."""
    parser.add_argument(
        '--cfg-options',
        nargs='+',
        action=CfgOptionsAction,
        metavar='KEY=VALUE',
        help='change values of the config, for example '
        'train_cfg.max_epochs=5; lists are written key=[a,b]')
    parser.add_argument(
        '--allow-new-keys',
        action='store_true',
        help='let --cfg-options add keys that the config lacks')
    parser.add_argument(
        '--data-root', help='data folder, for every dataset of the config')
    parser.add_argument(
        '--fold', type=int, help='subject fold to hold out, counted from 0')
    parser.add_argument('--seed', type=int, help='seed of the run')


def add_classifier_arguments(parser: ArgumentParser) -> None:
    """Add the arguments of a trained model, see ``load_classifier``."""
    parser.add_argument('config', help='config of the model, or of its data')
    parser.add_argument(
        'checkpoint',
        help='checkpoint of tools/train.py, or published weights: a name or '
        'a file *.safetensors')


def add_embedder_arguments(group: _ActionsContainer) -> None:
    """Add the arguments that choose an identity network."""
    group.add_argument(
        '--embedder',
        metavar='FILE',
        help='identity network, .onnx, or .pt (TorchScript), which is a '
        'program that can read and write files: use only those that you '
        'trust, or load weights alone as below')
    group.add_argument(
        '--embedder-options',
        nargs='+',
        action=DictAction,
        metavar='KEY=VALUE',
        help='options of mmfermtl.FileEmbedder, such as size=112 mean=127.5')
    group.add_argument(
        '--embedder-config',
        help='or a config of a classifier whose backbone gives the vectors, '
        'or of a mmfermtl.FileEmbedder with a network')
    group.add_argument(
        '--embedder-checkpoint',
        help='and its weights, which are loaded without running code from '
        'the file')


def add_amp_arguments(parser: ArgumentParser) -> None:
    """Add the arguments of mixed precision."""
    parser.add_argument(
        '--amp',
        action='store_true',
        help='train in mixed precision: float16 with a loss scale on a GPU, '
        'bfloat16 on a CPU')
    parser.add_argument(
        '--amp-dtype',
        choices=['float16', 'bfloat16'],
        help='train in mixed precision of this type')


def add_leak_argument(parser: ArgumentParser) -> None:
    """Add the argument that allows training on subjects of the test."""
    parser.add_argument(
        '--allow-leak',
        action='store_true',
        help='train although the same subjects or images are measured on; '
        'summary.json and the card of a study record it')


def add_run_arguments(parser: ArgumentParser) -> None:
    """Add the arguments of the tools that run a model."""
    parser.add_argument(
        '--work-dir',
        help='folder for logs and results (default: the one in the config, '
        'or work_dirs/CONFIG_NAME)')
    parser.add_argument(
        '--launcher',
        choices=['none', 'pytorch', 'slurm', 'mpi'],
        default='none',
        help='how several processes were started')
    # torch.distributed.launch passes this; torchrun sets LOCAL_RANK.
    parser.add_argument('--local_rank', '--local-rank', type=int, default=0)


def parse_named(option: str, values: Sequence[str], most: int,
                least: int) -> List[Tuple[str, List[str]]]:
    """Parse ``NAME=PART,PART`` pairs.

    Raises:
        UserError: If one has another number of parts.
    """
    found = []
    for value in values:
        name, equals, rest = value.partition('=')
        parts = rest.split(',')
        if not (name and equals and least <= len(parts) <= most
                and all(parts)):
            raise UserError(f'{option}: found {value!r}, expected a name, = '
                            f'and {least} to {most} paths with commas between '
                            'them')
        found.append((name, parts))
    return found
