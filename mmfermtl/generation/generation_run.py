"""Generate a training set, as ``tools/synthesize.py`` does."""
import json
import os.path as osp
from collections import Counter
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Dict, Iterator, List, Tuple

import torch
from mmengine.config import Config
from torch import Tensor

from ..datasets.in_the_wild import has_fixed_splits
from ..engine.checkpoints.training_facts import describe_dataset
from ..engine.launch import parse_device
from ..utils.output_files import make_output_folder, report_write_errors
from .filter_networks import FilterNetworks
from .fold_agreement import training_leaf
from .generated_set import REPORT_NAME, GeneratedSet, image_name
from .generation_options import GenerationOptions
from .generation_plan import Candidate, list_candidates, wanted_counts
from .generation_report import draw_sheet, format_report, summary_line
from .quality_filters import QualityFilters
from .source_images import SourceImages
from .synthesis import generate_images
from .trained_generator import TrainedGenerator, load_generator


def synthesize(cfg: Config,
               checkpoint: str,
               out: str,
               options: GenerationOptions = GenerationOptions(),
               networks: FilterNetworks = FilterNetworks(),
               overwrite: bool = False,
               device: str = 'cpu') -> str:
    """Generate a training set from the training subjects of a config.

    A run that was interrupted resumes. The same arguments give the same bytes
    on the same machine with the same number of threads.

    Args:
        cfg (Config): Config of the generator, with its fold; for published
            weights, of any training on the sources.
        checkpoint (str): Its checkpoint, or published weights, whose classes
            are matched by name.
        out (str): Folder to write to.
        options (GenerationOptions): What to generate.
        networks (FilterNetworks): Networks of the quality filters. Defaults
            to none.
        overwrite (bool): Whether to remove a set of other options. Defaults
            to False.
        device (str): Device of the networks. Defaults to ``'cpu'``.

    Returns:
        str: Summary for the user.

    Raises:
        UserError: If the arguments contradict one another, the checkpoint may
            know the test subjects, or the folder holds something else.
    """
    options.check()
    parse_device(device)
    leaf = training_leaf(cfg)
    generator = load_generator(cfg, checkpoint, leaf)
    filters = QualityFilters(*networks.build(leaf, device), options)
    sources = SourceImages(cfg, leaf)
    generator.check_sources(describe_dataset(sources.dataset))
    wanted = wanted_counts(sources.class_counts(), options.balance,
                           options.total, options.per_class,
                           options.labels(sources.classes))
    header = _header(generator, sources, options, networks)
    generated = GeneratedSet(osp.abspath(out), header)
    generated.check(overwrite)
    make_output_folder('--out', out)
    with report_write_errors('--out', out), generated.journal.lock():
        if generated.finished:
            generated.journal.remove()
            return f'{out}: nothing to do, all images are there, unchanged'
        generated.begin()
        generator.model.to(device)
        run = _Run(generator, filters, sources, generated, options)
        for label, number in enumerate(wanted):
            run.generate_class(label, number)
        report = format_report(header, sources.class_counts(), run.counts)
        generated.finish(run.counts, run.images, report,
                         draw_sheet(generated.root, sources, run.images))
    return (f'{summary_line(out, run.counts)}; see '
            f'{osp.join(out, REPORT_NAME)}')


def _header(generator: TrainedGenerator, sources: SourceImages,
            options: GenerationOptions,
            networks: FilterNetworks) -> Dict[str, Any]:
    """Collect all that a set depends on, ready for JSON."""
    facts = generator.fold
    fold = {k: facts[k] for k in ('split', 'fold', 'num_folds', 'fold_rule')}
    # Fixed splits have no folds that could differ.
    if not has_fixed_splits(dict(type=type(sources.dataset))) and getattr(
            sources.dataset, 'splits', None) is None:
        fold['fold_over'] = sources.dataset.fold_over
    header = dict(
        **generator.origin,
        **fold,
        **networks.describe(),
        dataset=facts['type'],
        classes=list(sources.classes),
        sources=sources.digest(),
        options=options.to_dict())
    # With lists in place of tuples, as a stored header is read back.
    return json.loads(json.dumps(header))


@dataclass
class _Run:
    """Generate class by class, batch by batch."""

    generator: TrainedGenerator
    filters: QualityFilters
    sources: SourceImages
    generated: GeneratedSet
    options: GenerationOptions
    #: Wanted, generated, tried and refused images of each class.
    counts: Dict[str, Any] = field(default_factory=dict)
    images: List[Dict[str, Any]] = field(default_factory=list)

    def generate_class(self, label: int, wanted: int) -> None:
        """Generate images of a class until enough pass the filters."""
        name = self.sources.classes[label]
        images: List[Dict[str, Any]] = []
        sums: Counter = Counter(tried=0, refused_images=0)
        refused: Counter = Counter()
        for number, batch in enumerate(self._batches(label)):
            if len(images) >= wanted:
                break
            key = f'{name}_{number:05d}'
            row = self.generated.find_batch(key)
            if row is None:
                row = self._generate_batch(label, batch, wanted - len(images))
                self.generated.write_batch(key, row)
            images += row['images']
            refused.update(row['refused'])
            sums.update({key: row[key] for key in sums})
        self.images += images
        self.counts[name] = dict(
            wanted=wanted,
            generated=len(images),
            **sums,
            refused=dict(sorted(refused.items())))

    def _batches(self, label: int) -> Iterator[Tuple[Candidate, ...]]:
        candidates = list_candidates(label, self.sources.labels,
                                     self.sources.subjects,
                                     len(self.sources.classes),
                                     self.options.targets, self.options.seed)
        while batch := tuple(islice(candidates, self.options.batch_size)):
            yield batch

    def _generate_batch(self, label: int, batch: Tuple[Candidate, ...],
                        limit: int) -> Dict[str, Any]:
        """Generate a batch, and keep the first ``limit`` good images."""
        sources = self.sources.load([c.source for c in batch])
        targets = torch.tensor([c.target for c in batch
                                ]) @ self.generator.rows(self.sources.classes)
        images = generate_images(self.generator.model, sources, [targets])[0]
        results = self.filters.apply(
            images, sources, [label] * len(batch),
            [self.sources.labels[c.source] for c in batch])
        refused: Counter = Counter()
        kept: List[Dict[str, Any]] = []
        tried = 0
        for candidate, image, result in zip(batch, images, results):
            if len(kept) == limit:
                break
            tried += 1
            refused.update(result.refused)
            if not result.refused:
                kept.append(self._keep(label, candidate, image, result.scores))
        return dict(
            tried=tried,
            refused=dict(refused),
            refused_images=tried - len(kept),
            images=kept)

    def _keep(self, label: int, candidate: Candidate, image: Tensor,
              scores: Dict[str, float]) -> Dict[str, Any]:
        """Write an image ``(C, H, W)`` uint8, and describe its origin."""
        name = self.sources.classes[label]
        source = self.sources.describe(candidate.source)
        path = image_name(name, source, candidate.number)
        return dict(
            path=path,
            sha256=self.generated.write_image(path, image.numpy()),
            expression=name,
            target=list(candidate.target),
            source=source,
            checkpoint=self.generated.header['checkpoint']['sha256'],
            config=self.generated.header['config']['sha256'],
            seed=[self.options.seed, label, candidate.number],
            scores=scores)
