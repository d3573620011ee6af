# Both tasks on all sets at once, from the weights that come with the package:
# FER+ and rendered faces, as fermtl_ferplus.py, and real pairs, CK+48 with
# neutral frames of CK+ and the Taiwan corpus, for those who hold them. Weights
# that were trained on these are not passed on.
#
# It is validated and tested on FER+. Of the other sets it holds out the
# subjects of `fold` (--fold K), and its checkpoint can be tested on these:
# the tools refuse other folds of CK+, CK+48 and the Taiwan corpus, whose
# subjects it was trained on.
_base_ = './fermtl_ferplus.py'
fold = 0
ckplus48_root = 'data/CK+48'
neutral_root = 'data/CK+'
taiwan_root = 'data/taiwan'
# For the checkpoint of another run use
# --cfg-options default_hooks.load_parts.checkpoint=PATH
pretrained = 'fermtl_tiny_ferplus'
# Whose features the discriminator has.
recogniser = 'fer_tiny_ferplus'

model = dict(
    discriminator=dict(backbone=dict(init_cfg=dict(checkpoint=recogniser))),
    # That of fermtl_editing_ckplus48.py.
    loss_adv=dict(loss_weight=1.5))
faces, rendered = _base_.train_dataloader.dataset.datasets
paired = dict(
    classes={{_base_.num_classes}},
    split='train',
    fold=fold,
    pipeline={{_base_.train_pipeline}})
train_dataloader = dict(
    dataset=dict(datasets=[
        faces,
        dict(rendered, fold=fold),
        # As often as takes the pairs to a third of the samples.
        dict(
            type='mmfermtl.RepeatDataset',
            times=10,
            dataset=dict(
                type='mmfermtl.CKPlusNeutral',
                data_root=ckplus48_root,
                neutral_root=neutral_root,
                pairs=dict(identity=0.1, unpaired=0.5),
                **paired)),
        dict(
            type='mmfermtl.RepeatDataset',
            times=10,
            dataset=dict(
                type='mmfermtl.TaiwaneseFaces',
                data_root=taiwan_root,
                # The other sets have it.
                may_lack=['contempt'],
                pairs=dict(identity=0.1, unpaired=0.1),
                **paired)),
    ]))
optim_wrapper = dict(network=dict(optimizer=dict(lr=5e-4)))
default_hooks = dict(load_parts=dict(checkpoint=pretrained))
