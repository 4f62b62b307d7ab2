# SPDX-License-Identifier: Apache-2.0
"""What Hugging Face's tokenizers does: its normalizers, pre-tokenizers, decoders, small tokenizers whole, and its trainers.

    python3 -m venv venv && venv/bin/pip install tokenizers==0.23.2 && venv/bin/python tools/golden/tokenizers.py
"""

import json
import os
import random
import sys

sys.path.pop(0)  # this file has the library's name
import tokenizers
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

SEED = 7
generator = random.Random(SEED)
FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..', 'packages', 'testing', 'fixtures')

PARTS = ['hello', 'world', "Don't", "I'M", 'naïve', 'cafe\u0301', '你好', '日本語', '한국어', '𠀀𪜀', '🐋', '👨‍👩‍👧', '!', '?!', '...', '—', '$', 'a_b',
         'x1y2', '½', '٣', '123', '3.14', 'ΟΔΟΣ', 'İ', 'ß', 'ﬁ', '\u00a0', '\u200b', '\ufeff', '\u0085', '\x07', '\ufffd', '\u00ad', '▁', 'ａ',
         '①', '\t', '\n', '  ', 'fox', '<s>', ' <mask>', 'FOX', 'foxes', '\u3000']


def texts(count):
    word = lambda: generator.choice(PARTS) + ' ' * (generator.random() < 0.4)
    return [''] + [''.join(word() for _ in range(generator.randint(1, 8))) for _ in range(count)]


def part(made, wrapper):
    """The configuration of one part, as a tokenizer.json writes it."""
    tokenizer = Tokenizer(models.BPE())
    setattr(tokenizer, wrapper, made)
    return json.loads(tokenizer.to_str())[wrapper]


def normalizer(name, made):
    return {'name': name, 'kind': 'normalizer', 'file': part(made, 'normalizer'), 'results': [[text, made.normalize_str(text)] for text in texts(12)]}


def pre_tokenizer(name, made):
    words = lambda text: [word for word, _ in made.pre_tokenize_str(text)]
    return {'name': name, 'kind': 'preTokenizer', 'file': part(made, 'pre_tokenizer'), 'results': [[text, words(text)] for text in texts(10) if text]}


def decoder(name, made, tokens):
    rows = [generator.choices(tokens, k=generator.randint(1, 9)) for _ in range(12)]
    return {'name': name, 'kind': 'decoder', 'file': part(made, 'decoder'), 'results': [[row, made.decode(row)] for row in rows]}


def whole(name, tokenizer):
    results = []
    for text in texts(14):
        pair = generator.choice(PARTS)
        one, two = tokenizer.encode(text), tokenizer.encode(text, pair)
        results.append([text, {'pair': pair, 'ids': one.ids, 'pairIds': two.ids, 'pairTypeIds': two.type_ids, 'decoded': tokenizer.decode(one.ids)}])
    return {'name': name, 'kind': 'tokenizer', 'file': json.loads(tokenizer.to_str()), 'results': results}


def trained(name, options, **more):
    """Byte-level BPE; the result is the merges, from which the vocabulary follows."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    tokenizer.train_from_iterator(CORPUS, trainers.BpeTrainer(initial_alphabet=alphabet, show_progress=False, **more))
    model = json.loads(tokenizer.to_str())['model']
    return {'name': name, 'kind': 'training', 'file': options, 'results': [[CORPUS, {'merges': model['merges'], 'size': len(model['vocab'])}]]}


# SentencePiece's table for: ﬁ → fi, e with U+0301 → é, U+3000 → a space, ① → 1, U+200B → nothing; made by its trainer 0.2.2.
def charsmap():
    import sentencepiece
    from sentencepiece import sentencepiece_model_pb2
    import tempfile
    with tempfile.TemporaryDirectory() as folder:
        rules, corpus = os.path.join(folder, 'rules.tsv'), os.path.join(folder, 'corpus.txt')
        open(rules, 'w').write('FB01\t66 69\n65 301\tE9\n3000\t20\n2460\t31\n200B\t\n')
        open(corpus, 'w').write('the quick brown fox jumps over the lazy dog\n' * 20)
        prefix = os.path.join(folder, 'm')
        sentencepiece.SentencePieceTrainer.train(input=corpus, model_prefix=prefix, vocab_size=30, normalization_rule_tsv=rules, minloglevel=3)
        model = sentencepiece_model_pb2.ModelProto()
        model.ParseFromString(open(prefix + '.model', 'rb').read())
        return model.normalizer_spec.precompiled_charsmap


def unigram(byte_fallback):
    words = [('<pad>', 0.0), ('</s>', 0.0), ('<unk>', 0.0), ('▁', -2.0), ('▁hello', -3.0), ('▁world', -3.5), ('hel', -4.0), ('lo', -3.9), ('fox', -5.0), ('▁f', -4.5)]
    letters = [(letter, -6.0 - i / 16) for i, letter in enumerate("abcdefghijklmnoprstuvwxyzD'!.123")]
    size = [(f'<0x{byte:02X}>', -9.0) for byte in range(256)] if byte_fallback else []
    tokenizer = Tokenizer(models.Unigram(words + letters + size, 2, byte_fallback))
    tokenizer.add_special_tokens(['<pad>', '</s>', '<unk>'])
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Sequence([decoders.ByteFallback(), decoders.Metaspace()]) if byte_fallback else decoders.Metaspace()
    tokenizer.post_processor = processors.TemplateProcessing(single='$A </s>', pair='$A </s> $B </s>', special_tokens=[('</s>', 1)])
    return tokenizer


def llama():
    tokens = ['<unk>', '<s>', '</s>'] + [f'<0x{byte:02X}>' for byte in range(256)] + list('▁helowrdfxs') + ['he', 'll', '▁w', 'hell', 'hello', 'or', '▁wor', 'fo', 'fox']
    merges = [('h', 'e'), ('l', 'l'), ('▁', 'w'), ('he', 'll'), ('hell', 'o'), ('o', 'r'), ('▁w', 'or'), ('f', 'o'), ('fo', 'x')]
    tokenizer = Tokenizer(models.BPE({token: id for id, token in enumerate(tokens)}, merges, unk_token='<unk>', fuse_unk=True, byte_fallback=True))
    tokenizer.add_special_tokens(['<unk>', '<s>', '</s>'])
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend('▁'), normalizers.Replace(' ', '▁')])
    tokenizer.decoder = decoders.Sequence([decoders.Replace('▁', ' '), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(' ', 1, 0)])
    tokenizer.post_processor = processors.TemplateProcessing(single='<s> $A', pair='<s> $A <s>:1 $B:1', special_tokens=[('<s>', 1)])
    return tokenizer


def words(fuse=None):
    if fuse is None:
        model = models.WordLevel({'<unk>': 0, 'hello': 1, 'world': 2, 'fox': 3, '!': 4, 'naïve': 5, '你好': 6}, '<unk>')
    else:
        tokens = ['<unk>'] + list('helowrdfx') + ['he', 'x</w>', 'o</w>', 'd</w>', 'l</w>', 'fox</w>', 'ox</w>']
        vocabulary = {token: id for id, token in enumerate(tokens)}
        model = models.BPE(vocabulary, [('h', 'e'), ('o', 'x</w>'), ('f', 'ox</w>')], unk_token='<unk>', fuse_unk=fuse, end_of_word_suffix='</w>')
    tokenizer = Tokenizer(model)
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    if fuse is not None:
        tokenizer.decoder = decoders.BPEDecoder()
    return tokenizer


def roberta(post):
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokens = ['<s>', '<pad>', '</s>', '<unk>'] + alphabet + ['Ġw', 'or', 'Ġwor']
    tokenizer = Tokenizer(models.BPE({token: id for id, token in enumerate(tokens)}, [('Ġ', 'w'), ('o', 'r'), ('Ġw', 'or')]))
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.post_processor = post
    tokenizer.add_special_tokens(['<s>', '<pad>', '</s>', '<unk>', AddedToken('<mask>', lstrip=True)])
    tokenizer.add_tokens([AddedToken('world', rstrip=True, single_word=True), AddedToken('fox', single_word=True), AddedToken('hello world')])
    return tokenizer


CONTRACTIONS = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
BEHAVIORS = ['removed', 'isolated', 'merged_with_previous', 'merged_with_next', 'contiguous']
PIECES = ['hello', '##s', ' .', '<unk>', 'n\'t', '▁wor', 'ld', '▁', '<0xE4>', '<0xBD>', '<0xA0>', '<0xFF>', 'x</w>', '|', '<pad>', ' ', '  a', '!']
CORPUS = [' '.join(generator.choice(['hug', 'pug', 'pun', 'bun', 'hugs', 'Naïve', '你好', "don't", '12', 'b!']) for _ in range(6)) for _ in range(12)]

cases = [
    normalizer('BertNormalizer', normalizers.BertNormalizer()),
    normalizer('BertNormalizer, cased', normalizers.BertNormalizer(lowercase=False)),
    normalizer('BertNormalizer, only accents', normalizers.BertNormalizer(False, False, True, False)),
    normalizer('Lowercase', normalizers.Lowercase()),
    normalizer('Nmt', normalizers.Nmt()),
    normalizer('NFKC, Replace', normalizers.Sequence([normalizers.NFKC(), normalizers.Replace(Regex(r'\s{2,}|l'), '$&')])),
    normalizer('NFD, StripAccents', normalizers.Sequence([normalizers.NFD(), normalizers.StripAccents()])),
    normalizer('NFKD, Strip, Prepend', normalizers.Sequence([normalizers.NFKD(), normalizers.Strip(), normalizers.Prepend('▁')])),
    normalizer('Strip, left', normalizers.Strip(True, False)),
    normalizer('ByteLevel', normalizers.ByteLevel()),
    normalizer('Precompiled', normalizers.Precompiled(charsmap())),
    pre_tokenizer('BertPreTokenizer', pre_tokenizers.BertPreTokenizer()),
    pre_tokenizer('ByteLevel', pre_tokenizers.ByteLevel()),
    pre_tokenizer('ByteLevel, no prefix, no regex', pre_tokenizers.ByteLevel(False, False)),
    pre_tokenizer('Whitespace', pre_tokenizers.Whitespace()),
    pre_tokenizer('WhitespaceSplit', pre_tokenizers.WhitespaceSplit()),
    pre_tokenizer('Digits', pre_tokenizers.Digits()),
    pre_tokenizer('Digits, individual', pre_tokenizers.Digits(True)),
    pre_tokenizer('CharDelimiterSplit', pre_tokenizers.CharDelimiterSplit('o')),
    pre_tokenizer('FixedLength', pre_tokenizers.FixedLength(3)),
    pre_tokenizer('Metaspace', pre_tokenizers.Metaspace()),
    pre_tokenizer('Metaspace, never, whole', pre_tokenizers.Metaspace('_', 'never', False)),
    pre_tokenizer('Sequence', pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Punctuation()])),
    pre_tokenizer('Split by a string', pre_tokenizers.Split(' ', 'removed')),
    pre_tokenizer("Split by Llama 3's pattern", pre_tokenizers.Split(Regex(CONTRACTIONS), 'isolated')),
    *[pre_tokenizer(f'Punctuation, {behavior}', pre_tokenizers.Punctuation(behavior)) for behavior in BEHAVIORS],
    *[pre_tokenizer(f'Split, {behavior}, invert {invert}', pre_tokenizers.Split(Regex(r'\w+|[^\w\s]'), behavior, invert)) for behavior in BEHAVIORS for invert in (False, True)],
    decoder('WordPiece', decoders.WordPiece(), PIECES),
    decoder('WordPiece, no clean-up', decoders.WordPiece('##', False), PIECES),
    decoder('BPEDecoder', decoders.BPEDecoder(), PIECES),
    decoder('Metaspace', decoders.Metaspace(), PIECES),
    decoder('Metaspace, never', decoders.Metaspace(prepend_scheme='never'), PIECES),
    decoder('ByteFallback', decoders.ByteFallback(), PIECES),
    decoder('CTC', decoders.CTC(), ['h', 'e', 'l', 'l', '|', '<pad>', 'o', ' .']),
    decoder('Fuse', decoders.Fuse(), PIECES),
    decoder('Strip', decoders.Strip(' ', 1, 0), PIECES),
    decoder('ByteLevel', decoders.ByteLevel(), ['Ġhello', 'ä', '½', 'ł', '▁', '<s>', 'ï', 'a b']),
    decoder('Llama', decoders.Sequence([decoders.Replace('▁', ' '), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(' ', 1, 0)]), PIECES),
    decoder('Fuse before Replace', decoders.Sequence([decoders.Fuse(), decoders.Replace('s▁', '$&')]), PIECES),
    whole('Unigram', unigram(False)),
    whole('Unigram with bytes', unigram(True)),
    whole('BPE as Llama 2 has it', llama()),
    whole('BPE with </w>, unknown characters fused', words(True)),
    whole('BPE with </w>, unknown characters apart', words(False)),
    whole('WordLevel', words()),
    whole('BPE as RoBERTa has it', roberta(processors.RobertaProcessing(('</s>', 2), ('<s>', 0)))),
    whole('BPE, BertProcessing', roberta(processors.BertProcessing(('</s>', 2), ('<s>', 0)))),
    whole('BPE, ByteLevel and a template', roberta(processors.Sequence([processors.ByteLevel(), processors.TemplateProcessing(single='<s> $A', pair='$A <s> $B:1', special_tokens=[('<s>', 0)])]))),
    whole('BPE, only ByteLevel after it', roberta(processors.ByteLevel())),
    trained('BPE of 320 tokens', {'vocabularySize': 320}, vocab_size=320),
    trained('BPE of pairs that are there five times', {'vocabularySize': 400, 'minimumFrequency': 5, 'specialTokens': ['<s>']}, vocab_size=400, min_frequency=5, special_tokens=['<s>']),
]

for recorded in cases:
    recorded['name'] += f" ({recorded['kind']})"

fixture = {
    'tool': 'tokenizers',
    'version': tokenizers.__version__,
    'seed': SEED,
    'script': 'tools/golden/tokenizers.py',
    'about': "parts of Hugging Face's tokenizers and small tokenizers: what they make of texts",
}
head = json.dumps(fixture, indent=2)[:-2]
body = ',\n'.join('    ' + json.dumps(recorded, ensure_ascii=True) for recorded in cases)
with open(os.path.join(FOLDER, 'tokenizers.json'), 'w') as file:
    file.write(head + ',\n  "cases": [\n' + body + '\n  ]\n}\n')
