from typing import Any, Callable, Dict, Iterator, List, Optional, Union

import numpy as np
from mmengine.infer import BaseInferencer

from ..inference import FaceInferencer, ReaderOptions
from ..inference.face_finding import Faces
from ..structures import ExpressionDataSample
from ..utils.errors import UserError

#: What is a field of a sample; the rest is metainfo.
FIELDS = ('pred_scores', 'pred_score', 'pred_label', 'fake_img', 'fake_imgs')


class FERMTLInferencer(BaseInferencer):
    """Read, and edit, the expressions of faces, as inferencers of OpenMMLab.

    A thin layer over :class:`~mmfermtl.inference.FaceInferencer`, which works
    without PyTorch, too. Weights and configs are loaded without running code
    from a checkpoint.

    Args:
        model (str, optional): A name of the shipped weights or of the model
            index, published weights (``*.safetensors``), the folder of an
            exported model, or a config. Defaults to None, the shipped
            weights.
        weights (str, optional): Checkpoint of the config, or published
            weights. Defaults to None.
        device (str, optional): Defaults to None, a GPU if there is one.
        backend (str, optional): ``'torch'`` or ``'onnx'``. Defaults to None,
            by the model.
        faces (str | Sequence): ``'detect'``; ``'whole'``, where each picture
            is a face; or boxes ``(K, 4)`` of x1, y1, x2, y2. Defaults to
            ``'detect'``.
        crop (str): How faces are cut out, ``'ferplus'`` or ``'prepared'``.
            Defaults to ``'ferplus'``.
        coverage (float): How often the set of possible expressions should
            hold the right one, for a calibrated network. Defaults to 0.9.
        show_progress (bool): Kept for the interface: ``mmfermtl predict``
            shows the progress. Defaults to False.
        precision (str): ``'float32'``, or ``'int8'`` to recognise by the
            smaller form of an exported model. Defaults to ``'float32'``.
        detector (Callable, optional): Builds another face detector, an object
            with ``detect(image)``. Defaults to None, YuNet.
        balanced (bool): Whether to correct the probabilities for how often
            each expression was trained on. Defaults to False.

    Raises:
        UserError: If an option is wrong.
        FileNotFoundError: If the weights of the face detector are missing;
            the message describes how to get them.

    Examples:
        >>> from mmfermtl.apis import FERMTLInferencer
        >>> inferencer = FERMTLInferencer()  # doctest: +SKIP
        >>> result = inferencer('me.jpg', edit='all')  # doctest: +SKIP
        >>> result['predictions'][0][0]['pred_class']  # doctest: +SKIP
        'happiness'
    """

    forward_kwargs = {'edit'}
    visualize_kwargs = {'show', 'vis_out_dir', 'return_vis'}
    postprocess_kwargs = {'pred_out_dir'}

    def __init__(self,
                 model: Optional[str] = None,
                 weights: Optional[str] = None,
                 device: Optional[str] = None,
                 backend: Optional[str] = None,
                 faces: Faces = 'detect',
                 crop: str = 'ferplus',
                 coverage: float = 0.9,
                 show_progress: bool = False,
                 precision: str = 'float32',
                 detector: Optional[Callable[..., Any]] = None,
                 balanced: bool = False) -> None:
        # Not MMEngine's: it may unpickle a checkpoint.
        self.scope = 'mmfermtl'
        self.show_progress = show_progress
        more: Dict[str, Any] = dict(precision=precision, balanced=balanced)
        if detector is not None:
            more['detector'] = detector
        self.inferencer = FaceInferencer(
            ReaderOptions(model, weights, device, backend, faces, crop,
                          coverage, **more))
        self.model = getattr(self.inferencer.reader.backend, 'model', None)

    @property
    def classes(self) -> List[str]:
        """list[str]: Names in label order."""
        return self.inferencer.reader.backend.classes

    def __call__(  # type: ignore[override]
            self,
            inputs: Any,
            return_datasamples: bool = False,
            batch_size: int = 8,
            **kwargs: Any) -> Union[Dict[str, Any], Iterator[Dict[str, Any]]]:
        """Read pictures, or a film or camera frame by frame.

        Args:
            inputs (str | np.ndarray | Sequence): A file, folder, glob, array
                ``(H, W)`` or ``(H, W, 3)`` BGR, or a list of files and
                arrays; a film; or ``'webcam:0'``.
            return_datasamples (bool): Whether a face is an
                :class:`ExpressionDataSample` instead of a dict. Defaults to
                False.
            batch_size (int): Pictures that are read at once. Defaults to 8.
            **kwargs: ``edit``, ``show``, ``vis_out_dir``, ``return_vis``,
                ``pred_out_dir``, see
                :meth:`mmfermtl.inference.FaceInferencer.stream`.

        Returns:
            dict | Iterator[dict]: ``predictions``, for each picture a list of
            faces; ``visualization``; ``status``, for each picture whether it
            could be read. For a film or camera an iterator with one such
            dict for each frame.
        """
        known = set().union(self.forward_kwargs, self.visualize_kwargs,
                            self.postprocess_kwargs)
        if set(kwargs) - known:
            raise UserError(f'unknown: {", ".join(set(kwargs) - known)}; '
                            f'expected {", ".join(sorted(known))}')
        result = self.inferencer(inputs, batch_size=batch_size, **kwargs)
        if not return_datasamples:
            return result
        if isinstance(result, dict):
            return self._with_samples(result)
        return map(self._with_samples, result)

    def _with_samples(self, result: Dict[str, Any]) -> Dict[str, Any]:
        samples = [[to_sample(face) for face in faces]
                   for faces in result['predictions']]
        return dict(result, predictions=samples)

    def _init_pipeline(self, cfg: Any) -> Any:
        """Not used: faces are found and cut out by the inference room."""

    def visualize(self, inputs: list, preds: Any, **kwargs: Any) -> list:
        """Not used: pictures are annotated one after the other."""
        return []

    def postprocess(self, preds: Any, visualization: list,
                    **kwargs: Any) -> Dict[str, Any]:
        """Not used: results are written one after the other."""
        return dict(predictions=preds, visualization=visualization)


def to_sample(face: Dict[str, Any]) -> ExpressionDataSample:
    """Turn the result of a face into a data sample."""
    sample = ExpressionDataSample()
    sample.set_pred_score(np.asarray(face['pred_scores'], np.float32))
    sample.set_pred_label(face['pred_label'])
    sample.set_metainfo({
        key: value
        for key, value in face.items() if key not in FIELDS
    })
    for key in ('fake_img', 'fake_imgs'):
        if key in face:
            import torch
            fakes = torch.from_numpy(np.asarray(face[key]))
            sample.set_field(fakes.unsqueeze(-3), key)
    return sample
