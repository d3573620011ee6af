"""Run a network by PyTorch."""
import os.path as osp
from difflib import get_close_matches
from typing import Any, Dict, List, Optional, Tuple

import numpy as np
import torch
from mmengine.infer import BaseInferencer
from torch import Tensor, nn

from ..engine.checkpoints.model_loading import load_model
from ..engine.checkpoints.published_weights import read_weights
from ..engine.checkpoints.training_facts import read_facts
from ..engine.config.run_config import load_config
from ..models.multitask.recogniser import build_recogniser
from ..structures import to_picture
from ..utils.errors import UserError
from ..utils.model_index import find_index_folder
from ..utils.safe_loading import list_published, load_checkpoint_safely
from ..utils.safe_loading.safetensors_files import SUFFIX
from ..utils.wrapped_datasets import leaf_datasets
from .backend import DEFAULT_WEIGHTS, Backend, DecodedFaces, in_pixels

#: Below the smallest probability in float32 that is not rounded.
_TINY = 1e-37


class TorchBackend(Backend):
    """A trained model on a CPU or a GPU.

    Args:
        model (nn.Module): :class:`~mmfermtl.models.FERMTL` or
            :class:`~mmfermtl.models.AdversarialFERMTL`, trained.
        classes (list[str]): Names in label order.
        image_size (tuple[int, int]): Height and width of its faces.
        device (str): Defaults to ``'cpu'``.
        calibration (dict, optional): Defaults to None, not calibrated.
        name (str): Defaults to ``'model'``.

    Raises:
        UserError: If there is no such device, or the network cannot
            recognise.
    """

    def __init__(self,
                 model: nn.Module,
                 classes: List[str],
                 image_size: Tuple[int, int],
                 device: str = 'cpu',
                 calibration: Optional[dict] = None,
                 name: str = 'model') -> None:
        self.classes = list(classes)
        self.image_size = image_size
        self.calibration = calibration
        self.name = name
        try:
            self.device = torch.device(device)
            # Some, such as 'meta', hold no numbers.
            torch.zeros(1, device=self.device).cpu()
            self.model = model.to(self.device).eval()
        except (RuntimeError, AssertionError) as error:
            reason = str(error).splitlines()[0]
            raise UserError(f'device {device!r}: cannot be used ({reason}); '
                            "give 'cpu' or a GPU of this machine") from None
        if self.model.num_classes != len(self.classes):
            raise UserError(
                f'{name}: {len(self.classes)} names of classes for a network '
                f'of {self.model.num_classes}')
        self.can_edit = self.model.network.generator is not None
        if not self.model.with_head:
            raise UserError(f'{name}: this network has no head, so it '
                            'recognises nothing; use one with a head')
        self._channels = next(self.model.backbone.parameters()).size(1)
        self._recogniser = build_recogniser(
            self.model, example=self._inputs(_random_faces(image_size)))

    def predict(self, faces: np.ndarray) -> np.ndarray:
        """Classify faces, see :class:`Backend`."""
        with torch.inference_mode():
            # Its probabilities: logits but for a constant of each face.
            scores = self._recogniser(self._inputs(faces))
            return scores.clamp_min(_TINY).log().cpu().numpy()

    def encode(self, faces: np.ndarray) -> Tuple[Tuple[Tensor, ...], Tensor]:
        """Compute the features of synthesis, see :class:`Backend`."""
        if not self.can_edit:
            raise UserError(f'{self.name} has no generator, so it cannot edit '
                            'faces; use a model with one')
        inputs = self._inputs(faces)
        network = self.model.network
        with torch.inference_mode():
            images = inputs.contiguous(memory_format=network.memory_format)
            return network.backbone(images, branches='fes'), inputs

    def decode(self, features: Any, targets: np.ndarray) -> DecodedFaces:
        """Generate faces, see :class:`Backend`."""
        feats, inputs = features
        generator = self.model.network.generator
        score = torch.as_tensor(targets, dtype=torch.float32).to(self.device)
        source = (inputs, ) if getattr(generator, 'change_mask', False) else ()
        flow = None
        with torch.inference_mode():
            if getattr(generator, 'warp', False):
                images, flow = generator.generate(feats, score, *source)
                flow = in_pixels(flow.cpu().numpy())
            else:
                images = generator(feats, score, *source)
            pictures = to_picture(images)
        # Of a network for colour, whose sources are grey, the mean.
        faces = pictures.float().mean(dim=1).round().byte().cpu().numpy()
        return DecodedFaces(faces, flow)

    def _inputs(self, faces: np.ndarray) -> Tensor:
        """Normalise faces ``(N, H, W)`` to ``(N, C, H, W)`` in [-1, 1]."""
        images = torch.from_numpy(np.ascontiguousarray(faces))
        images = images.to(self.device).float().unsqueeze(1) / 127.5 - 1
        return images.expand(-1, self._channels, -1, -1)


def load_torch_backend(model: Optional[str] = None,
                       weights: Optional[str] = None,
                       device: Optional[str] = None,
                       threads: Optional[int] = None) -> TorchBackend:
    """Load a network for PyTorch, see :func:`load_backend`."""
    if threads is not None:
        torch.set_num_threads(threads)
    if device is None:
        device = 'cuda' if torch.cuda.is_available() else 'cpu'
    if model is not None and model.endswith('.py'):
        return _from_config(model, weights, device)
    known = list_published()
    if model in known or (model or '').endswith(SUFFIX):
        if weights is not None:
            raise UserError(f'weights {weights}: {model} names weights '
                            'already; leave one of the two out')
        return _from_weights(str(model), device)
    if model is not None:
        config, published = _look_up(model, known)
        if weights is None and published is None:
            raise UserError(f'model {model} has no published weights; train '
                            f'{config}, and give the checkpoint as weights')
        if weights is None:
            return _from_weights(str(published), device)
        return _from_config(config, weights, device)
    if weights is not None and not weights.endswith(SUFFIX) and (weights
                                                                 not in known):
        raise UserError(
            f'weights {weights}: a checkpoint needs the config that it was '
            'trained with; name it as the model, or publish the checkpoint '
            'with tools/model_converters/publish_model.py')
    return _from_weights(weights or DEFAULT_WEIGHTS, device)


def _from_weights(name: str, device: str) -> TorchBackend:
    """Load published weights by name or path."""
    published = read_weights(name)
    about = published.description
    size = about['training_facts'].get('image_size')
    return TorchBackend(published.build(), published.classes,
                        _face_size(about['pipeline'], size, name), device,
                        about.get('calibration'), about['name'])


def _from_config(config: str, weights: Optional[str],
                 device: str) -> TorchBackend:
    """Load a checkpoint by the config that it was trained with."""
    if weights is None:
        raise UserError(f'model {config}: a config needs weights; give the '
                        'checkpoint that was trained with it')
    cfg = load_config(config)
    loaded = load_checkpoint_safely(weights)
    facts = read_facts(loaded, weights)
    if not facts.classes:
        raise UserError(f'weights {weights}: the checkpoint does not record '
                        'its classes; give one of tools/train.py')
    test = next(leaf_datasets(cfg.to_dict()['test_dataloader']['dataset']))
    size = _face_size(test.get('pipeline', []), facts.image_size, config)
    name = osp.splitext(osp.basename(config))[0]
    return TorchBackend(
        load_model(cfg, weights), facts.classes, size, device, name=name)


def _face_size(pipeline: List[Dict[str, Any]], recorded: Optional[List[int]],
               name: str) -> Tuple[int, int]:
    """Read the size of the network's images from its test pipeline."""
    for transform in pipeline:
        if str(transform.get('type')).endswith('ResizeFace'):
            return int(transform['size']), int(transform['size'])
    if recorded and recorded[0] == recorded[1]:
        return recorded[0], recorded[1]
    raise UserError(f'{name}: the size of its faces is not recorded; expected '
                    'mmfermtl.ResizeFace in the test pipeline')


def _look_up(name: str, shipped: List[str]) -> Tuple[str, Optional[str]]:
    """Find the config, and shipped weights, of a name of the model index."""
    folder = find_index_folder()
    names = []
    for entry in BaseInferencer._get_models_from_metafile(folder):
        names.append(entry['Name'])
        if entry['Name'].lower() == name.lower():
            stem = osp.basename(str(entry.get('Weights', '')))[:-len(SUFFIX)]
            config = osp.join(folder, entry['Config'])
            return config, stem if stem in shipped else None
    expected = ('expected the name of shipped weights '
                f'({", ".join(shipped) or "none"}) or of a model of the '
                'index, a .safetensors file, the folder of an exported model, '
                'or a config (.py) with its checkpoint (--weights)')
    if osp.isfile(name):
        raise UserError(
            f'model {name}: found a file of another kind, {expected}; for a '
            f'checkpoint: --model CONFIG.py --weights {name}')
    if osp.isdir(name):
        raise UserError(f'model {name}: found a folder without model.json, '
                        f'{expected}')
    close = get_close_matches(name, [*shipped, *names], 3)
    raise UserError(f'model {name}: not found, {expected}' +
                    (f'; did you mean {" or ".join(close)}?' if close else ''))


def _random_faces(size: Tuple[int, int]) -> np.ndarray:
    """Draw two faces, to compare networks on."""
    generator = np.random.default_rng(0)
    return generator.integers(0, 256, (2, *size), np.uint8)
