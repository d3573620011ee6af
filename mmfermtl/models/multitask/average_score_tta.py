from typing import Any, List, Sequence

from mmengine.model import BaseTTAModel

from ...registry import MODELS


@MODELS.register_module()
class AverageScoreTTA(BaseTTAModel):
    """Mean of the probabilities over several views of each face.

    Unlike ``mmpretrain.AverageClsScoreTTA``, which also works with our
    models, the label follows the mean. All else, a painted face for example,
    is that of the first view: let it be the face as it is. Usual practice,
    not from the paper. Runs around any model whose samples have
    ``pred_score``, ours and mmpretrain's.

    Args:
        module (dict | nn.Module): The model.
        data_preprocessor (dict | nn.Module, optional): See MMEngine. Defaults
            to None.
    """

    def merge_preds(self,
                    data_samples_list: Sequence[Sequence[Any]]) -> List[Any]:
        """Merge the predictions on all views of each face.

        Args:
            data_samples_list (Sequence[Sequence]): For each face, its
                samples, one a view.

        Returns:
            list: One sample a face.

        Raises:
            ValueError: If the model does not recognise.
        """
        return [self._merge(views) for views in data_samples_list]

    @staticmethod
    def _merge(views: Sequence[Any]) -> Any:
        if 'pred_score' not in views[0]:
            raise ValueError('the model gives no pred_score to average; '
                             'test-time augmentation is for models with a '
                             'head: test without it')
        score = sum(view.pred_score for view in views) / len(views)
        merged = views[0].new()
        merged.set_pred_score(score)
        merged.set_pred_label(int(score.argmax()))
        return merged
