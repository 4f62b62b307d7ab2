# SPDX-License-Identifier: Apache-2.0
"""Golden logits, losses and gradient norms of small published models, by transformers itself: families and heads that the shared
checkpoints do not have. Names, layouts and fields of the configurations are those that it saves."""

import sys

import torch

from fixture import Draw, write

sys.path.pop(0)  # else scripts beside this one stand for the libraries `safetensors` and `tokenizers`
import transformers  # noqa: E402

SEED = 53
draw = Draw(SEED)

ENCODER = {
    'vocab_size': 11,
    'hidden_size': 4,
    'num_hidden_layers': 1,
    'num_attention_heads': 2,
    'intermediate_size': 6,
    'max_position_embeddings': 7,
}
DISTILBERT = {
    'vocab_size': 11,
    'dim': 4,
    'n_layers': 1,
    'n_heads': 2,
    'hidden_dim': 6,
    'max_position_embeddings': 7,
}
ROTARY = {
    'vocab_size': 11,
    'hidden_size': 8,
    'intermediate_size': 6,
    'num_hidden_layers': 1,
    'num_attention_heads': 2,
    'num_key_value_heads': 1,
    'max_position_embeddings': 16,
}
SEQ2SEQ = {
    'vocab_size': 11,
    'd_model': 4,
    'encoder_layers': 1,
    'decoder_layers': 1,
    'encoder_attention_heads': 2,
    'decoder_attention_heads': 2,
    'encoder_ffn_dim': 6,
    'decoder_ffn_dim': 6,
    'max_position_embeddings': 6,
}

# Two texts, the second shorter: padding is the token 1 in families of fairseq, else 0.
TEXTS = {0: [[2, 5, 9, 4, 3], [2, 7, 3, 0, 0]], 1: [[0, 5, 9, 4, 2], [0, 7, 2, 1, 1]]}
MASK = [[1, 1, 1, 1, 1], [1, 1, 1, 0, 0]]
MASK_OF_LEFT = [[1, 1, 1, 1, 1], [0, 0, 1, 1, 1]]


def fill(model):
    """No default survives: a forgotten tensor shows in the outputs."""
    state = {}
    constants = [(name, buffer) for name, buffer in model.named_buffers() if name == 'final_logits_bias']
    for name, parameter in [*model.named_parameters(), *constants]:
        values = draw.normal(*parameter.shape, scale=0.6)
        is_scale = parameter.dim() == 1 and name.endswith('weight')
        parameter.data = torch.tensor([float('%.3g' % x) for x in (values * 0.5 + 1)]) if is_scale else values
        state[name] = parameter.data
    return state


def tensors(inputs):
    return {name: torch.tensor(value) for name, value in inputs.items()}


def make(name, model, config, inputs, labels, outputs=('logits',), untied=False):
    """Runs a model on `inputs` and `labels`: its outputs, the loss, and the norm of each parameter's gradient."""
    Class = getattr(transformers, model)
    made = Class(Class.config_class(**config, attn_implementation='eager')).eval()
    if untied:  # as the published checkpoints are, whatever the class makes of a new model
        made.lm_head.weight = torch.nn.Parameter(made.lm_head.weight.detach().clone())
    state = fill(made)
    parameters = {key: value for key, value in made.state_dict().items()}
    tied = [set(group) for group in _shared(made)]
    for group in tied:  # as save_pretrained does: of tensors that are one, the first name is kept
        for key in sorted(group, key=lambda key: list(state).index(key) if key in state else 10**6)[1:]:
            parameters.pop(key, None)
    given = tensors(inputs)
    results = made(**given, **tensors(labels))
    results.loss.backward()
    return {
        'name': '%s, %s' % (model, name),
        'model': model,
        'modelType': made.config.model_type,
        'config': config,
        'inputs': given,
        'labels': tensors(labels),
        'parameters': parameters,
        'outputs': {key: results[key].detach() for key in outputs},
        'loss': results.loss.detach(),
        'gradientNorms': {key: float('%.7g' % x.grad.norm()) for key, x in made.named_parameters() if x.grad is not None},
    }


def _shared(model):
    groups = {}
    for key, value in model.state_dict().items():
        groups.setdefault(value.data_ptr(), []).append(key)
    return [group for group in groups.values() if len(group) > 1]


def encoder_cases():
    for model, config, padding in [
        ('Bert', ENCODER, 0),
        ('Roberta', {**ENCODER, 'type_vocab_size': 1}, 1),
        ('DistilBert', DISTILBERT, 0),
        ('MPNet', ENCODER, 1),
    ]:
        told = {'input_ids': TEXTS[padding], 'attention_mask': MASK}
        if model == 'Bert':
            told['token_type_ids'] = [[0, 0, 1, 1, 1], [0, 1, 1, 0, 0]]
        tokens = [[-100, 0, 2, 1, -100], [-100, 1, -100, -100, -100]]
        gaps = [[-100, 8, -100, 3, -100], [-100, 10, -100, -100, -100]]
        labels = {'num_labels': 3}
        if model != 'Bert':
            layers = {'n_layers' if model == 'DistilBert' else 'num_hidden_layers': 2}
            yield make('gaps', model + 'ForMaskedLM', {**config, **layers}, told, {'labels': gaps})
            yield make('texts', model + 'ForSequenceClassification', {**config, **labels}, told, {'labels': [2, 0]})
        if model == 'MPNet':
            continue
        yield make('tokens', model + 'ForTokenClassification', {**config, **labels}, told, {'labels': tokens})
        places = {'start_positions': [1, 7], 'end_positions': [3, 1]}
        ends = ('start_logits', 'end_logits')
        yield make('answers', model + 'ForQuestionAnswering', config, told, places, ends)
    told = {'input_ids': TEXTS[1], 'attention_mask': MASK}
    numbers = {**ENCODER, 'num_labels': 2, 'problem_type': 'multi_label_classification', 'hidden_act': 'relu'}
    yield make(
        'several classes at once', 'XLMRobertaForSequenceClassification', numbers, told, {'labels': [[1.0, 0.0], [1.0, 1.0]]}
    )


def decoder_cases():
    right, left = TEXTS[0], [[2, 5, 9, 4, 3], [0, 0, 2, 7, 3]]
    sizes = {'vocab_size': 11, 'n_embd': 4, 'n_layer': 1, 'n_head': 2, 'n_positions': 6}
    padded = {'pad_token_id': 0, 'num_labels': 3}
    labels = {'labels': [2, 0]}
    told = {'input_ids': right, 'attention_mask': MASK}
    yield make('padding on the right', 'GPT2ForSequenceClassification', {**sizes, **padded}, told, labels)
    told = {'input_ids': left, 'attention_mask': MASK_OF_LEFT}
    yield make('padding on the left', 'LlamaForSequenceClassification', {**ROTARY, **padded}, told, labels)
    one = {**ROTARY, 'num_labels': 1, 'sliding_window': 2}
    alone = {'input_ids': [[5, 9, 4, 3]]}
    yield make('a number for one text', 'MistralForSequenceClassification', one, alone, {'labels': [0.5]})
    told = {'input_ids': right, 'attention_mask': MASK}
    yield make('biases', 'Qwen2ForSequenceClassification', {**ROTARY, **padded}, told, labels)


def pretraining_cases():
    told = {'input_ids': TEXTS[0], 'attention_mask': MASK, 'token_type_ids': [[0, 0, 1, 1, 1], [0, 1, 1, 0, 0]]}
    gaps = [[-100, 8, -100, 3, -100], [-100, 10, -100, -100, -100]]
    both = ('prediction_logits', 'seq_relationship_logits')
    yield make('pairs', 'BertForPreTraining', ENCODER, told, {'labels': gaps, 'next_sentence_label': [1, 0]}, both)
    yield make('pairs', 'BertForNextSentencePrediction', ENCODER, told, {'labels': [1, 0]})


def sequence_cases():
    padded = {'input_ids': TEXTS[1], 'attention_mask': MASK}
    yield make('the last end token', 'BartForSequenceClassification', SEQ2SEQ, padded, {'labels': [2, 0]})
    # Both texts end in a token of their language, 9 or 10.
    read = {'input_ids': [[5, 6, 7, 2, 9], [8, 2, 9, 1, 1]], 'attention_mask': MASK}
    labels = {'labels': [[3, 4, 2, 10], [6, 2, 10, -100]]}
    yield make('a token of the language', 'MBartForConditionalGeneration', {**SEQ2SEQ, 'scale_embedding': True}, read, labels)
    sizes = {'d_model': 4, 'd_kv': 3, 'd_ff': 6, 'num_layers': 1, 'num_heads': 2}
    buckets = {'relative_attention_num_buckets': 4, 'relative_attention_max_distance': 8}
    config = {'vocab_size': 11, **sizes, **buckets, 'tie_word_embeddings': False}
    read = {'input_ids': [[5, 6, 7, 2, 1], [8, 2, 1, 0, 0]], 'attention_mask': MASK}
    labels = {'labels': [[3, 4, 1], [6, 1, -100]]}
    yield make('an output of its own', 'MT5ForConditionalGeneration', config, read, labels, untied=True)


def position_cases():
    factors = {'short_factor': [1.0, 1.5], 'long_factor': [2.0, 5.0]}
    told = {'input_ids': [[2, 5, 9, 4, 3]]}
    labels = {'labels': [[2, 5, 9, 4, 3]]}
    rope = {'rope_type': 'longrope', 'rope_theta': 100.0, **factors, 'original_max_position_embeddings': 8}
    yield make('a text as long as those of the training', 'LlamaForCausalLM', {**ROTARY, 'rope_parameters': rope}, told, labels)
    rope = {'rope_type': 'longrope', 'rope_theta': 100.0, **factors, 'original_max_position_embeddings': 4}
    yield make('a longer text', 'LlamaForCausalLM', {**ROTARY, 'rope_parameters': rope}, told, labels)
    rope = {'rope_parameters': {**rope, 'attention_factor': 1.25}, 'tie_word_embeddings': True}
    yield make('a longer text, sharpened as told', 'LlamaForCausalLM', {**ROTARY, **rope}, told, labels)


transformers.logging.set_verbosity_error()
groups = [encoder_cases(), decoder_cases(), pretraining_cases(), sequence_cases(), position_cases()]
cases = [recorded for group in groups for recorded in group]
write(SEED, 'published models, by the names of transformers', cases, ('transformers', transformers.__version__))
