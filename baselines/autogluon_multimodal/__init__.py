"""AutoGluon's multimodal predictor on pretrained backbones. Needs the extra `multimodal`."""
