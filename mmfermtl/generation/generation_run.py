"""Paint a training set, as ``tools/synthesize.py`` does."""
import json
import os.path as osp
from collections import Counter
from dataclasses import asdict, dataclass, field
from itertools import islice
from typing import Any, Dict, Iterator, List, Optional, Tuple

import torch
from mmengine.config import Config

from ..engine.checkpoints.checkpoint_check import check_expectations
from ..engine.checkpoints.model_loading import load_model
from ..engine.checkpoints.recorded_config import recorded_hash
from ..engine.checkpoints.training_facts import describe_dataset, read_facts
from ..engine.launch import parse_device
from ..utils.contained_files import file_sha256
from ..utils.errors import UserError
from ..utils.output_files import make_output_folder, report_write_errors
from ..utils.safe_loading import load_checkpoint_safely
from .candidates import Candidate, Targets, list_candidates
from .class_counts import wanted_counts
from .filter_networks import FilterNetworks
from .fold_agreement import check_agreement, training_leaf
from .generated_set import REPORT_NAME, GeneratedSet, image_name
from .generation_report import draw_sheet, format_report, summary_line
from .quality_filters import QualityFilters
from .source_images import SourceFaces
from .synthesis import check_generates, generate_images


@dataclass(frozen=True)
class GenerationOptions:
    """What is painted, and what is good enough.

    Args:
        balance (str): Rule, see :func:`~.wanted_counts.wanted_counts`.
            Defaults to ``'equal'``.
        total (int, optional): Faces in all. Defaults to None.
        per_class (int, optional): Faces of each class. Defaults to None.
        targets (Targets): Intensities and mixtures. Defaults to the pure
            expressions.
        agreement (float, optional): Threshold of a gate, see
            :class:`~.quality_gates.QualityFilters`. Defaults to None.
        identity (float, optional): Likewise.
        change (float, optional): Likewise.
        max_agreement (float, optional): Likewise.
        seed (int): Which sources come first, and what is drawn of the
            targets. Defaults to 0.
        batch_size (int): Faces a pass. It is part of the options, for the
            last bits of a convolution can depend on it. Defaults to 64.
    """

    balance: str = 'equal'
    total: Optional[int] = None
    per_class: Optional[int] = None
    targets: Targets = field(default_factory=Targets)
    agreement: Optional[float] = None
    identity: Optional[float] = None
    change: Optional[float] = None
    max_agreement: Optional[float] = None
    seed: int = 0
    batch_size: int = 64

    def to_dict(self) -> Dict[str, Any]:
        """dict: All options, for JSON."""
        options = {**asdict(self), 'targets': self.targets._asdict()}
        if self.max_agreement is None:  # sets of older versions lack it
            options.pop('max_agreement')
        return options


def synthesize(cfg: Config,
               checkpoint: str,
               out: str,
               options: GenerationOptions = GenerationOptions(),
               networks: FilterNetworks = FilterNetworks(),
               overwrite: bool = False,
               device: str = 'cpu') -> str:
    """Paint a training set from the training subjects of a checkpoint.

    Stopped and started again it goes on where it was. The same arguments
    give the same bytes on the same machine with as many threads.

    Args:
        cfg (Config): Config of the generator, with its fold.
        checkpoint (str): Its checkpoint.
        out (str): Folder to write to.
        options (GenerationOptions): What to paint.
        networks (FilterNetworks): What the gates ask. Defaults to none.
        overwrite (bool): Whether a set of other options is removed. Defaults
            to False.
        device (str): Where to paint. Defaults to ``'cpu'``.

    Returns:
        str: What was done, for people.

    Raises:
        UserError: If the arguments do not fit together, the checkpoint may
            know other subjects, or the folder holds something else.
    """
    _check_options(options)
    parse_device(device)
    leaf = training_leaf(cfg)
    loaded = load_checkpoint_safely(checkpoint)
    facts = check_agreement(loaded, checkpoint, leaf, 'checkpoint')
    model = load_model(cfg, checkpoint)
    check_generates(model)
    judge, embedder = networks.build(leaf, device)
    gates = QualityFilters(judge, embedder, options.agreement,
                           options.identity, options.change,
                           options.max_agreement)
    faces = SourceFaces(cfg, leaf)
    check_expectations(
        read_facts(loaded, checkpoint), f'checkpoint {checkpoint}',
        describe_dataset(faces.dataset))
    wanted = wanted_counts(faces.class_counts(), options.balance,
                           options.total, options.per_class)
    header = dict(
        dataset=facts['type'],
        **{k: facts[k]
           for k in ('split', 'fold', 'num_folds', 'fold_rule')},
        classes=list(faces.classes),
        checkpoint=dict(
            name=osp.basename(checkpoint),
            sha256=file_sha256(checkpoint),
            epoch=loaded.get('meta', {}).get('epoch')),
        config=dict(
            name=osp.basename(cfg.filename), sha256=recorded_hash(loaded)),
        sources=faces.digest(),
        options=options.to_dict(),
        **networks.describe())
    header = json.loads(json.dumps(header))
    painted = GeneratedSet(osp.abspath(out), header)
    painted.check(overwrite)
    make_output_folder('--out', out)
    with report_write_errors('--out', out), painted.journal.lock():
        if painted.finished:
            painted.journal.remove()
            return f'{out}: nothing to do, all is there as it was written'
        painted.begin()
        run = _Run(model.to(device), gates, faces, painted, options)
        for label, number in enumerate(wanted):
            run.generate_class(label, number)
        report = format_report(header, faces.class_counts(), run.counts)
        painted.finish(run.counts, run.images, report,
                       draw_sheet(painted.root, faces, run.images))
    return (f'{summary_line(out, run.counts)}; see '
            f'{osp.join(out, REPORT_NAME)}')


def _check_options(options: GenerationOptions) -> None:
    options.targets.check()
    if options.seed < 0:
        raise UserError(f'--seed {options.seed}: expected 0 or more')
    if options.batch_size < 1:
        raise UserError(f'--batch-size {options.batch_size}: expected 1 or '
                        'more')


class _Run:
    """Paints class by class, batch by batch."""

    def __init__(self, model: torch.nn.Module, gates: QualityFilters,
                 faces: SourceFaces, painted: GeneratedSet,
                 options: GenerationOptions) -> None:
        self.model = model
        self.gates = gates
        self.faces = faces
        self.painted = painted
        self.options = options
        #: Wanted, painted, tried and refused images of each class.
        self.counts: Dict[str, Any] = {}
        self.images: List[Dict[str, Any]] = []

    def generate_class(self, label: int, wanted: int) -> None:
        """Paint faces of one class until there are enough good ones."""
        name = self.faces.classes[label]
        images: List[Dict[str, Any]] = []
        refused: Counter = Counter()
        tried = refused_images = 0
        for number, batch in enumerate(self._batches(label)):
            if len(images) >= wanted:
                break
            key = f'{name}_{number:05d}'
            row = self.painted.done(key)
            if row is None:
                row = self._generate_batch(label, batch, wanted - len(images))
                self.painted.write_row(key, row)
            images += row['images']
            refused.update(row['refused'])
            tried += row['tried']
            refused_images += row['refused_images']
        self.images += images
        self.counts[name] = dict(
            wanted=wanted,
            painted=len(images),
            tried=tried,
            refused_images=refused_images,
            refused=dict(sorted(refused.items())))

    def _batches(self, label: int) -> Iterator[Tuple[Candidate, ...]]:
        candidates = list_candidates(label, self.faces.labels,
                                     self.faces.subjects,
                                     len(self.faces.classes),
                                     self.options.targets, self.options.seed)
        while batch := tuple(islice(candidates, self.options.batch_size)):
            yield batch

    def _generate_batch(self, label: int, batch: Tuple[Candidate, ...],
                        room: int) -> Dict[str, Any]:
        """Paint a batch, and keep the first good faces that there is room
        for."""
        sources = self.faces.pictures([c.source for c in batch])
        targets = torch.tensor([c.target for c in batch])
        pictures = generate_images(self.model, sources, [targets])[0]
        results = self.gates.look(pictures, sources, [label] * len(batch),
                                  [self.faces.labels[c.source] for c in batch])
        refused: Counter = Counter()
        images: List[Dict[str, Any]] = []
        tried = 0
        for candidate, picture, verdict in zip(batch, pictures, results):
            if len(images) == room:
                break
            tried += 1
            refused.update(verdict.refused)
            if not verdict.refused:
                images.append(
                    self._keep(label, candidate, picture, verdict.scores))
        return dict(
            tried=tried,
            refused=dict(refused),
            refused_images=tried - len(images),
            images=images)

    def _keep(self, label: int, candidate: Candidate, picture: torch.Tensor,
              scores: Dict[str, float]) -> Dict[str, Any]:
        """Write a face, and say where it is from."""
        name = self.faces.classes[label]
        source = self.faces.describe(candidate.source)
        path = image_name(name, source, candidate.number)
        return dict(
            path=path,
            sha256=self.painted.write_image(path, picture.numpy()),
            expression=name,
            target=list(candidate.target),
            source=source,
            checkpoint=self.painted.header['checkpoint']['sha256'],
            config=self.painted.header['config']['sha256'],
            seed=[self.options.seed, label, candidate.number],
            scores=scores)
