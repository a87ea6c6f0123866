"""Small trained runs of every architecture and cell, and inputs that they read: what exports are compared on."""
import json
import subprocess

import harness
import h5py
import numpy

STREAM = "{text: {files: [lines.txt]}}"
CLASSES = "{labelled_text: {files: [kinds.tsv]}}"
TAGS = "{parallel_text: {files: [tags.tsv]}}"
PAIRS = "{parallel_text: {files: [pairs.tsv]}}"
TABLE = "{table: {files: [table.tsv], features: [1, 2], values: [3]}}"
PICTURES = "{features: {features: 'x.h5:/pictures', labels: 'x.h5:/kinds'}}"
SEQUENCES = "{features: {features: 'x.h5:/sequences', labels: 'x.h5:/kinds'}}"

# Sizes that all differ. NAME: data, architecture, its options.
GENERATORS = {
    "lstm": (STREAM, "many_to_many", "cell: lstm, hidden: 12"),
    "lstm_two_layers": (STREAM, "many_to_many", "cell: lstm, hidden: 12, layers: 2, embedding: 5"),
    "lstm_tied": (STREAM, "many_to_many", "cell: lstm, hidden: 12, layers: 2, embedding: 12, tied: true"),
    "lstm_norm_residual": (STREAM, "many_to_many",
                           "cell: lstm, hidden: 12, layers: 3, embedding: 12, layer_norm: true, residual: true"),
    "lstm_peepholes": (STREAM, "many_to_many", "cell: {lstm: {peepholes: true}}, hidden: 12"),
    "lstm_projection": (STREAM, "many_to_many", "cell: {lstm: {projection: 7}}, hidden: 12, layers: 2"),
    "lstm_projection_peepholes": (STREAM, "many_to_many",
                                  "cell: {lstm: {projection: 7, peepholes: true}}, hidden: 12, embedding: 5"),
    "gru": (STREAM, "many_to_many", "cell: gru, hidden: 12, layers: 2, embedding: 5"),
    "gru_one_hot": (STREAM, "many_to_many", "cell: gru, hidden: 12"),
    "gru_reset_before": (STREAM, "many_to_many", "cell: {gru: {reset: before}}, hidden: 12, layers: 2"),
    "rnn": (STREAM, "many_to_many", "cell: rnn, hidden: 12, layers: 2"),
    "rnn_relu": (STREAM, "many_to_many", "cell: {rnn: {activation: relu}}, hidden: 12, embedding: 5"),
}
READERS = {
    "class_last": (CLASSES, "many_to_one", "cell: lstm, hidden: 10, embedding: 6"),
    "class_last_both_ways": (CLASSES, "many_to_one",
                             "cell: gru, hidden: 10, embedding: 6, layers: 2, bidirectional: true"),
    "class_last_norm": (CLASSES, "many_to_one", "cell: gru, hidden: 10, layer_norm: true, layers: 2"),
    "class_projection": (CLASSES, "many_to_one", "cell: {lstm: {projection: 7}}, hidden: 10, layers: 2, "
                         "bidirectional: true, pool: mean"),
    "class_mean": (CLASSES, "many_to_one", "cell: rnn, hidden: 10, pool: mean"),
    "class_max": (CLASSES, "many_to_one", "cell: lstm, hidden: 10, pool: max, bidirectional: true, layers: 2"),
    "class_attention": (CLASSES, "many_to_one", "cell: gru, hidden: 10, pool: attention, embedding: 6"),
    "class_not_masked": (CLASSES, "many_to_one", "cell: gru, hidden: 10, pool: mean, masked: false, embedding: 6"),
    "class_of_sequences": (SEQUENCES, "many_to_one", "cell: lstm, hidden: 10"),
    "tags": (TAGS, "many_to_many", "predict: tags, cell: lstm, hidden: 10, embedding: 6, bidirectional: true"),
    "tags_one_way": (TAGS, "many_to_many", "predict: tags, cell: gru, hidden: 10, layers: 2"),
    "values_mlp": (TABLE, "one_to_one", "encoder: {mlp: {hidden: [9, 8]}}, width: 7"),
    "class_cnn": (PICTURES, "one_to_one", "encoder: {cnn: {channels: [4, 6], hidden: [9]}}, width: 7"),
    "class_cnn_batch_norm": (PICTURES, "one_to_one",
                             "encoder: {cnn: {channels: [4, 6], normalisation: batch, read_out: mean}}, width: 7"),
    "class_cnn_layer_norm": (PICTURES, "one_to_one", "encoder: {cnn: {channels: [4, 6], normalisation: layer, "
                             "pool: average, activation: tanh}}, width: 7, activation: tanh"),
}
WRITERS = {
    "answer_plain": (PAIRS, "seq2seq", "cell: lstm, hidden: 10, embedding: 6"),
    "answer_two_layers": (PAIRS, "seq2seq",
                          "cell: gru, hidden: 10, embedding: 6, layers: 2, bidirectional: true, summary: every_step"),
    "answer_projection": (PAIRS, "seq2seq", "cell: {lstm: {projection: 7}}, hidden: 10, embedding: 6, "
                          "bidirectional: true, attention: general"),
    "answer_additive": (PAIRS, "seq2seq", "cell: gru, hidden: 10, embedding: 6, bidirectional: true, "
                        "attention: additive, attention_units: 8"),
    "answer_lstm_bridge": (PAIRS, "seq2seq", "cell: lstm, hidden: 10, embedding: 6, bidirectional: true, layers: 2, "
                           "attention: additive, output_width: 9"),
    "answer_general_after": (PAIRS, "seq2seq", "cell: lstm, hidden: 10, embedding: 6, layers: 2, attention: general, "
                             "attend: after, input_feeding: true"),
    "answer_dot_after": (PAIRS, "seq2seq", "cell: rnn, hidden: 10, embedding: 10, tied: true, attention: dot, "
                         "attend: after, reverse_input: true"),
    "text_of_class": (CLASSES, "one_to_many", "cell: lstm, hidden: 10, embedding: 6, width: 7"),
    "text_of_picture": ("{features: {features: 'x.h5:/pictures', lines: names.txt}}", "one_to_many",
                        "encoder: {cnn: {channels: [4]}}, cell: gru, hidden: 10, embedding: 6, width: 7, "
                        "layers: 2, every_step: false"),
}
ALL = {**GENERATORS, **READERS, **WRITERS}


def write_data(test):
    """What the runs are trained on; once a test folder."""
    random = numpy.random.default_rng(5)
    test.write("lines.txt", harness.story(200))
    words = {"animal": ("cat", "dog", "horse"), "plant": ("oak", "roses", "moss"), "thing": ("cup", "pen", "a jar")}
    test.write("kinds.tsv", "".join(f"{kind}\tthe {word}{' again' * (i % 3)} {i}\n" for i in range(20)
                                    for kind, some in words.items() for word in some))
    test.write("tags.tsv", "ab\txy\nba\tyx\naabba\txxyyx\n" * 20)
    test.write("pairs.tsv", "ab cd\tdc ba\nc a\ta c\nb\tb\nc bcad\tdacb c\n" * 20)
    test.write("table.tsv", "".join(f"{100 + 7 * i % 50}\t{i % 9}\t{1000 + 3 * (i % 50)}\n" for i in range(100)))
    test.write("names.txt", "".join(f"{('red', 'green', 'blue')[i % 3]} thing\n" for i in range(60)))
    with h5py.File(test.folder / "x.h5", "w") as file:
        file["pictures"] = random.uniform(0, 255, (60, 3, 9, 8)).astype("<f4")
        file["sequences"] = random.normal(size=(60, 7, 4)).astype("<f4")
        file["kinds"] = numpy.arange(60) % 3


def describe(test, name):
    """Writes the experiment file of one."""
    data, architecture, options = ALL[name]
    test.write(f"{name}.yaml", f"experiment: {name}\nseed: 3\nthreads: 1\ndata: {data}\n"
               "tokenizer: char\ntarget_tokenizer: char\n"
               f"model: {{{architecture}: {{{options}}}}}\n"
               "training: {epochs: 1, max_steps: 12, batch: 8, window: 20, optimizer: {adam: {learning_rate: 0.03}}}\n")


def train(test, name):
    """A run that has learnt for some steps, so that no weight is what it began with."""
    describe(test, name)
    test.run_it(f"{name}.yaml", "--quiet", "--force")
    return test.folder / f"runs/{name}.h5"


def inputs(name, run):
    """Inputs for a run: ids with padding, lengths, features, labels, tokens to be fed."""
    random = numpy.random.default_rng(7)
    data, architecture, options = ALL[name]
    lengths = numpy.array([6, 4, 1])
    with h5py.File(run) as file:
        vocabulary = file["vocabulary"]
        text = vocabulary["tokens"].shape[0] if "tokens" in vocabulary else 0
        written = vocabulary["target/tokens"].shape[0] if "target" in vocabulary else text
        shape = list(vocabulary["features"][()]) if "features" in vocabulary else []
        classes = vocabulary["classes"].shape[0] if "classes" in vocabulary else 1
    given = {}
    if architecture == "one_to_many":
        if shape:
            given["features"] = random.uniform(0, 200, [3, *shape]).astype("<f4")
        else:
            given["labels"] = random.integers(0, classes, 3)
    elif shape:
        size = [6, 3, shape[1]] if len(shape) == 2 else [3, *shape]
        given["features"] = random.normal(size=size).astype("<f4") * (50 if data == PICTURES else 1)
        if data == TABLE:
            given["features"] = given["features"] * (10, 2) + numpy.array((125, 4))
            given["features"] = given["features"].astype("<f4")
        if len(shape) == 2:
            given["lengths"] = lengths
    else:
        ids = random.integers(0, text, (6, 3))
        if name not in GENERATORS:
            ids[numpy.arange(6)[:, None] >= lengths] = -1
            given["lengths"] = lengths
        given["ids"] = ids
    if name in WRITERS:
        given["tokens"] = random.integers(0, written, (5, 3))
    return given


def own_logits(test, run, given):
    """What Unroll's model says of them."""
    numpy.savez(test.folder / "inputs.npz", **given)
    done = subprocess.run([harness.BUILD / "bin/logits_of", run, "inputs.npz", "logits.npy"], cwd=test.folder,
                          capture_output=True, encoding="utf-8", env=test.environment())
    test.assertEqual(done.returncode, 0, done.stderr)
    logits = numpy.load(test.folder / "logits.npy")
    test.assertGreater(logits.std(axis=-1 if logits.shape[-1] > 1 else 0).min(), 0)  # there is something to compare
    return logits


def vocabulary_of(archive):
    return json.loads(archive["vocabulary"].tobytes())
