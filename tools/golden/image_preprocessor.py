# SPDX-License-Identifier: Apache-2.0
"""Golden values of images made ready for published vision models: Pillow's resizing, and whole preprocessors around it."""

import base64
import io
import math

import numpy
import PIL
import torch
from PIL import Image

from fixture import write

SEED = 31
source = numpy.random.RandomState(SEED)


def drawn(height, width, channels=3):
    """Edges and noise: bytes at both ends, so that weights below 0 overshoot, and bytes between."""
    noise = source.randint(0, 256, (height, width, channels))
    edges = source.choice([0, 255], (height, width, channels))
    return numpy.where(source.rand(height, width, 1) < 0.5, noise, edges).astype(numpy.uint8)


def ints(array):
    return torch.tensor(array.astype(numpy.int64))


def picture(pixels):
    return Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels)


def resized(name, shape, size, resample):
    pixels = drawn(*shape)
    result = numpy.array(picture(pixels).resize((size[1], size[0]), resample)).reshape(*size, shape[2])
    options = {'size': size, 'resample': int(resample)}
    return {'name': name, 'options': options, 'inputs': {'x': ints(pixels)}, 'output': ints(result)}


def center_crop(array, height, width):
    """As image_transforms.center_crop of transformers."""
    rows, columns = array.shape[:2]
    top, left = (rows - height) // 2, (columns - width) // 2
    padded = numpy.zeros((max(height, rows), max(width, columns), 3), array.dtype)
    above, before = math.ceil((padded.shape[0] - rows) / 2), math.ceil((padded.shape[1] - columns) / 2)
    padded[above:above + rows, before:before + columns] = array
    top, left = max(0, top + above), max(0, left + before)
    return padded[top:top + height, left:left + width]


def preprocess(image, size, resample, crop_size=None, image_mean=(0.5,) * 3, image_std=(0.5,) * 3, do_normalize=True):
    """As ViTImageProcessor, DeiTImageProcessor and CLIPImageProcessor of transformers, which works on uint8 arrays."""
    image = image.convert('RGB')
    if 'height' in size:
        height, width = size['height'], size['width']
    else:
        short, long = sorted(image.size)
        ends = size['shortest_edge'], int(size['shortest_edge'] * long / short)
        width, height = ends if image.width <= image.height else ends[::-1]
    array = numpy.array(image.resize((width, height), resample))
    if crop_size is not None:
        array = center_crop(array, crop_size['height'], crop_size['width'])
    array = (array.astype(numpy.float64) * (1 / 255)).astype(numpy.float32)
    if do_normalize:
        array = (array - numpy.array(image_mean, numpy.float32)) / numpy.array(image_std, numpy.float32)
    return torch.tensor(array)


def prepared(name, settings, shape, **steps):
    pixels = drawn(*shape)
    output = preprocess(picture(pixels), **steps)
    return {'name': name, 'options': settings, 'inputs': {'x': ints(pixels)}, 'output': output}


def from_file(name, image, kind='PNG', **saving):
    """The bytes of a file, base64, and what Pillow makes of it in red, green and blue."""
    file = io.BytesIO()
    image.save(file, kind, **saving)
    pixels = numpy.array(Image.open(io.BytesIO(file.getvalue())).convert('RGB'))
    return {'name': name, 'options': {'file': base64.b64encode(file.getvalue()).decode()}, 'inputs': {}, 'output': ints(pixels)}


def palette():
    image = Image.new('P', (4, 1))
    image.putpalette([1, 2, 3, 40, 50, 60, 255, 0, 255])
    image.putdata([0, 1, 2, 1])
    return image


smooth = Image.fromarray(drawn(4, 5)).resize((21, 17), Image.BICUBIC)
CLIP = {'image_mean': [0.48145466, 0.4578275, 0.40821073], 'image_std': [0.26862954, 0.26130258, 0.27577711]}
edge = {'shortest_edge': 6}
crop = {'height': 6, 'width': 6}
cases = [
    resized('smaller, bilinear', [13, 17, 3], [5, 4], Image.BILINEAR),
    resized('smaller, bicubic', [13, 17, 3], [4, 7], Image.BICUBIC),
    resized('smaller, lanczos', [13, 17, 3], [3, 5], Image.LANCZOS),
    resized('smaller, box', [13, 17, 1], [5, 6], Image.BOX),
    resized('smaller, hamming', [13, 17, 1], [5, 6], Image.HAMMING),
    resized('smaller, nearest', [13, 17, 1], [5, 6], Image.NEAREST),
    resized('much smaller, nearest', [1, 224, 1], [1, 37], Image.NEAREST),
    resized('much smaller, bicubic', [64, 50, 1], [3, 2], Image.BICUBIC),
    resized('larger, bilinear', [4, 3, 3], [9, 11], Image.BILINEAR),
    resized('larger, bicubic', [4, 3, 3], [9, 11], Image.BICUBIC),
    resized('larger, lanczos', [4, 3, 1], [9, 11], Image.LANCZOS),
    resized('larger, nearest', [4, 3, 1], [9, 11], Image.NEAREST),
    resized('higher and narrower', [4, 13, 3], [9, 5], Image.BICUBIC),
    resized('only columns', [4, 13, 3], [4, 5], Image.BICUBIC),
    resized('only rows', [13, 4, 3], [5, 4], Image.BICUBIC),
    resized('the same size', [3, 4, 3], [3, 4], Image.BICUBIC),
    resized('from one pixel', [1, 1, 3], [3, 2], Image.BICUBIC),
    resized('to one pixel', [9, 8, 3], [1, 1], Image.LANCZOS),
    prepared(
        'ViT',
        {'image_processor_type': 'ViTImageProcessor', 'size': {'height': 5, 'width': 4}, 'resample': 2},
        [13, 9, 3], size={'height': 5, 'width': 4}, resample=Image.BILINEAR,
    ),
    prepared(
        'ViT, an older file, grey',
        {'feature_extractor_type': 'ViTFeatureExtractor', 'size': 5, 'do_normalize': False},
        [8, 11, 1], size={'height': 5, 'width': 5}, resample=Image.BILINEAR, do_normalize=False,
    ),
    prepared(
        'CLIP, a wide image',
        {'image_processor_type': 'CLIPImageProcessor', 'size': edge, 'crop_size': crop},
        [9, 16, 3], size=edge, resample=Image.BICUBIC, crop_size=crop, **CLIP,
    ),
    prepared(
        'CLIP, an older file, a high image',
        {'feature_extractor_type': 'CLIPFeatureExtractor', 'size': 6, 'crop_size': 6, 'resample': 3},
        [17, 8, 3], size=edge, resample=Image.BICUBIC, crop_size=crop, **CLIP,
    ),
    prepared(
        'DeiT, cropped to more than there is',
        {'image_processor_type': 'DeiTImageProcessorFast', 'size': {'height': 4, 'width': 9}, 'crop_size': {'height': 7, 'width': 6}},
        [10, 10, 3], size={'height': 4, 'width': 9}, resample=Image.BICUBIC, crop_size={'height': 7, 'width': 6},
    ),
    from_file('a PNG of colours', Image.fromarray(drawn(3, 4))),
    from_file('a grey PNG', picture(drawn(3, 4, 1))),
    from_file('a PNG with opacity', Image.fromarray(drawn(3, 4, 4))),
    from_file('a grey PNG with opacity', Image.fromarray(drawn(2, 3, 2), 'LA')),
    from_file('a PNG with a palette', palette()),
    from_file('a PNG with a palette, one colour of it transparent', palette(), transparency=1),
    from_file('a PNG of bits', Image.fromarray(drawn(2, 9, 1)[..., 0] > 99)),
    from_file('a PNG of one pixel', Image.fromarray(drawn(1, 1))),
    from_file('a JPEG', smooth, 'JPEG', quality=85),
    from_file('a grey JPEG', smooth.convert('L'), 'JPEG', quality=85),
    from_file('a WebP', smooth, 'WebP', quality=80),
]
write(SEED, 'PIL.Image.resize, and the steps of transformers\' image preprocessors with it', cases, ('Pillow', PIL.__version__))
