"""Collect the predictions of a model for every sample of a loader."""
import os.path as osp
from typing import Any, Dict, List, Sequence

from mmengine.evaluator import BaseMetric

from ..utils.wrapped_datasets import locate_sample

#: Fields that identify a sample.
IDENTITY = ('dataset', 'subject', 'sequence', 'frame_index')


class PredictionCollector(BaseMetric):
    """Keep the predictions of a loop, in the order of the dataset.

    It is a metric without a value: MMEngine gathers the results of the
    processes and leaves out the samples that pad the last batch. Only the
    main process has the result.

    Raises:
        KeyError: If the model gives no class scores.
    """

    default_prefix = ''

    def __init__(self) -> None:
        super().__init__()
        self.predictions: List[Dict[str, Any]] = []

    def process(self, data_batch: Any, data_samples: Sequence[dict]) -> None:
        """Keep one batch."""
        self.results += [_prediction(sample) for sample in data_samples]

    def compute_metrics(self, results: List[dict]) -> Dict[str, float]:
        """Keep the predictions of the loop, which has ended."""
        self.predictions = results
        return {}


def _prediction(sample: Dict[str, Any]) -> Dict[str, Any]:
    """Describe a sample by what identifies it, its class and its scores."""
    if 'pred_score' not in sample:
        raise KeyError('PredictionDumpHook: samples lack pred_score; use a '
                       'model whose head gives class scores')
    scores = sample['pred_score'].float().cpu()
    known = {k: sample[k] for k in (*IDENTITY, 'img_path') if k in sample}
    if 'gt_label' in sample:
        known['gt_label'] = int(sample['gt_label'])
    # Seven digits are all that single precision has.
    return dict(
        known=known,
        pred_label=int(scores.argmax()),
        scores=[float(f'{score:.7g}') for score in scores.tolist()])


def describe_predictions(dataset: Any,
                         predictions: Sequence[dict]) -> List[dict]:
    """Add the identity of its sample to each prediction.

    Args:
        dataset (Any): Dataset of the loader; datasets inside a
            ``ConcatDataset`` differ in their ``split``.
        predictions (Sequence[dict]): One a sample, in its order.

    Returns:
        list[dict]: A row a sample with ``split``, ``dataset``, ``subject``,
        ``sequence``, ``frame_index``, ``img_path`` (without folders),
        ``gt_label``, ``pred_label`` and ``scores`` ``(E, )``; None for what a
        dataset of another package does not record.

    Raises:
        ValueError: If the predictions are in another order than the samples.
    """
    if len(predictions) != len(dataset):
        raise ValueError(f'{len(predictions)} predictions of {len(dataset)} '
                         'samples; expected one each')
    rows = []
    for index, prediction in enumerate(predictions):
        leaf, inner = locate_sample(dataset, index)
        known = prediction['known']
        record = leaf.get_record(inner) if hasattr(leaf,
                                                   'get_record') else known
        wrong = [k for k in known if k in record and known[k] != record[k]]
        if wrong:
            raise ValueError(
                f'prediction {index} is of {known[wrong[0]]!r}, but that '
                f'sample of the dataset has {wrong[0]}={record[wrong[0]]!r}: '
                'validate without shuffling, sampler=dict(type='
                "'DefaultSampler', shuffle=False)")
        row = dict(split=getattr(leaf, 'split', None))
        row.update({key: record.get(key) for key in IDENTITY})
        path = record.get('img_path')
        row['img_path'] = path and osp.basename(path)
        row.update(
            gt_label=record.get('gt_label'),
            pred_label=prediction['pred_label'],
            scores=prediction['scores'])
        rows.append(row)
    return rows
