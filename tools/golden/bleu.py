# SPDX-License-Identifier: Apache-2.0
"""Golden values of BLEU: scores of small corpora, and tokens of the tokenizer 13a, as sacrebleu has them."""

import sacrebleu
from sacrebleu.tokenizers.tokenizer_13a import Tokenizer13a

from fixture import write

SEED = 0  # nothing is drawn

DOGS = [
    ['The dog bit the man.', 'It was not unexpected.', 'The man bit him first.'],
    ['The dog had bit the man.', 'No one was surprised.', 'The man had bitten the dog.'],
]
HEARD = ['The dog bit the man.', "It wasn't surprising.", 'The man had just bitten him.']
FRENCH = [["J'ai perdu 1,000.50 euros hier soir.", "Qu'est-ce que c'est ?", "Il n'y a rien à faire, n'est-ce pas ?"]]
WRITTEN = ["J'ai perdu 1,000.50 euros hier.", "Qu'est-ce que c'est ?", "Il n'y a rien à y faire, pas vrai ?"]


def case(name, hypotheses, references):
    """`references` as sacrebleu takes them: for each set, one for every hypothesis."""
    return {
        'name': name,
        'hypotheses': hypotheses,
        'references': [list(of_one) for of_one in zip(*references)],
        'score': round(sacrebleu.corpus_bleu(hypotheses, references).score, 10),
    }


cases = [
    case('two references for each', HEARD, DOGS),
    case('one reference for each', HEARD, DOGS[:1]),
    case('French', WRITTEN, FRENCH),
    case('the references themselves', DOGS[0], DOGS[:1]),
    case('nothing written', ['', '', ''], DOGS),
    case('nothing in common', ['cats sleep all day', 'who knows', 'yes'], DOGS),
    case('no common sequence of four', ['this is a fest'], [['this is a test']]),
    case('single words in common', ['a b c d e'], [['e x d y c z b w a']]),
    case('too short for a sequence of four', ['a test'], [['a test']]),
    case('longer than the references', ['the the the the the the the the'], [['the cat is on the mat']]),
    case('shorter than the references', ['the cat is on'], [['the cat is on the mat in the house']]),
    case('as near to a shorter as to a longer reference', ['a b c d e'], [['a b c d'], ['a b c d e f']]),
]
texts = [
    'Hello, world!',
    'It costs $1,234.56 (or 1.234,56 €).',
    'a-b 3-4 10-year-old x.y. ...',
    '&quot;Tom &amp; Jerry&quot; &lt;b&gt;',
    'tab\there  and   there \n',
    "C'est-à-dire : « voilà » !",
    'no.1,2 3.a ,5 6,',
    '[x]{y}/z\\w^v_u`t~s@r#q%p*o+n=m|l;k?',
    '<skipped>word 中文。 😀.',
    '',
]
tokens = [{'name': 'tokens of %r' % text, 'text': text, 'tokens': Tokenizer13a()(text).split()} for text in texts]
write(SEED, 'corpus BLEU with all defaults', cases + tokens, tool=('sacrebleu', sacrebleu.__version__))
