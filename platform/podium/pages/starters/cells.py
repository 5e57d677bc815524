# ruff: noqa: E402
"""The cells of starter notebooks, of which `podium.pages.starter` takes those of a task's kind.

This is a source of text and never imported. A line `# %%` begins a cell of code, `# %% [markdown]`
one of text, whose `$names` are filled in. `matching` or `classification` behind it keeps a cell for
that kind; `join` makes it one with the cell before; `headline` is replaced by the task's metric.
"""

# %% [markdown]
# # $title: a first submission
#
# A starter for the task [$task]($page). It reads the data, trains a simple model, says how good it
# is on rows held out of the training rows, and writes `submission.csv`. It is meant to be changed.
#
# It needs pandas, pyarrow and scikit-learn.
#
# **What to predict**
#
# $description
#
# **What decides: $metric.** $summary $better is better.
#
# `$formula`

# %%
import json

# %% join classification
import re

# %% join
from pathlib import Path

import numpy as np
import pandas as pd

# %% join classification
from scipy.sparse import csr_matrix, hstack

# %% join
from sklearn.base import clone
from sklearn.dummy import DummyClassifier

# %% join matching
from sklearn.ensemble import HistGradientBoostingClassifier

# %% join
from sklearn.feature_extraction.text import TfidfVectorizer

# %% join classification
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import OneHotEncoder

# %% [markdown]
# ## 1. The data
#
# The files lie in `FOLDER`. If they do not yet, the client fetches them, once `podium login` ran
# in a shell; `podium download $task` does the same. Without the client get
# [everything as one zip]($archive), unpack it, and name its folder here.

# %%
TASK = "$task"
FOLDER = Path("$folder")

if not (FOLDER / "dataset.json").is_file():
    try:
        from podium_client import Client
    except ImportError:
        raise FileNotFoundError(
            f"There is no {FOLDER / 'dataset.json'}. Get the files of {TASK} from $page, "
            "unpack them and set FOLDER to their folder, or install podium-client."
        ) from None
    Client().task(TASK).download(FOLDER)

dataset = json.loads((FOLDER / "dataset.json").read_text(encoding="utf-8"))
# Parquet keeps types, and ids and labels such as 007 or NA as the texts that they are.
train = pd.read_parquet(FOLDER / "train.parquet")
test = pd.read_parquet(FOLDER / "test.parquet")
sample = pd.read_parquet(FOLDER / "sample_submission.parquet")
types = {column["name"]: column["type"] for column in dataset["columns"]}
for name in (name for name, kind in types.items() if kind == "boolean"):
    train[name], test[name] = train[name].astype("boolean"), test[name].astype("boolean")
print(f"{len(train):,} training rows, {len(test):,} test rows")

# %% [markdown]
# ## 2. The columns
#
# What there is of each type, how much is missing, and how often each label occurs.

# %%
about = pd.DataFrame({"type": pd.Series(types, dtype=object)})
about["missing"] = train[list(types)].isna().mean().round(3)
about["example"] = [str(train[name].dropna().head(1).tolist())[1:-1][:40] for name in types]
print(about.sort_values("type", kind="stable").to_string())
print(train["label"].value_counts(normalize=True).head(20).round(4).to_string())

# %% [markdown] matching
# ## 3. A simple model
#
# For every column that both records have: how alike the two values are. Texts by the cosine of
# their character trigrams, numbers and dates by their distance, everything by whether it is equal.
# Both records as a whole are compared as texts too, as the one may tell in its title what the other
# has in a column. Where a value is missing the comparison is -1, which no other is. Pictures are
# left out: to use them, compare what an image model says of both.
#
# Nothing here looks at labels, so training and test rows are compared together.

# %% [markdown] classification
# ## 3. A simple model
#
# Words of texts and lists, each value of categories and booleans, and the ranks of numbers and
# dates, with a column for what is missing: a linear model on all of them. Pictures are left out: to
# use them, add the features that an image model gives.
#
# Nothing here looks at labels, so training and test rows are prepared together.

# %%
classes = dataset.get("classes") or [dataset["negative_label"], dataset["positive_label"]]
codes = pd.Index(classes).get_indexer(train["label"])
rows = pd.concat([train.drop(columns="label"), test], ignore_index=True)


def as_text(values: pd.Series) -> pd.Series:
    """Any column as texts, empty where a value is missing; a list is its items with blanks."""
    texts = [
        " ".join(map(str, value)) if isinstance(value, list | np.ndarray) else str(value)
        for value in values
    ]
    return pd.Series(texts, index=values.index, dtype=object).mask(values.isna(), "")


# %% matching
def likeness(left: pd.Series, right: pd.Series) -> pd.Series:
    """The cosine of the character trigrams of two columns of texts, missing where one is empty."""
    found, texts = pd.factorize(pd.concat([left, right]))
    cosine = np.full(len(left), np.nan)
    if any(text.strip() for text in texts):
        trigrams = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 3)).fit_transform(texts)
        one, other = trigrams[found[: len(left)]], trigrams[found[len(left) :]]
        cosine = np.asarray(one.multiply(other).sum(axis=1)).ravel()
    return pd.Series(cosine, index=left.index).mask((left == "") | (right == ""))


def distance(left: pd.Series, right: pd.Series) -> pd.Series:
    """How far two numbers are apart, or two dates in days."""
    apart = (left - right).abs()
    is_time = pd.api.types.is_timedelta64_dtype(apart)
    return apart.dt.total_seconds() / 86_400 if is_time else apart


features = {}
compared = [name for name, kind in types.items() if kind not in ("id", "image")]
for name in compared:
    column = name.removeprefix("left_")
    partner = f"right_{column}"
    if column == name or partner not in compared:
        continue
    pair = {types[name], types[partner]}
    left, right = as_text(rows[name]), as_text(rows[partner])
    equal = (left == right).astype(float)
    features[f"{column}: equal"] = equal.mask((left == "") | (right == ""))
    if pair <= {"text", "categorical", "list"}:
        features[f"{column}: likeness"] = likeness(left, right)
    elif pair in ({"numeric"}, {"datetime"}):
        apart = distance(rows[name], rows[partner])
        features[f"{column}: distance"] = np.log1p(apart)
        if pair == {"numeric"}:
            larger = np.maximum(rows[name].abs(), rows[partner].abs())
            features[f"{column}: relative"] = (apart / larger).mask(apart == 0, 0)

whole = {side: pd.Series("", index=rows.index) for side in ("left_", "right_")}
for name in compared:
    for side in whole:
        if name.startswith(side):
            whole[side] += " " + as_text(rows[name])
everything = likeness(whole["left_"].str.strip(), whole["right_"].str.strip())
if everything.notna().any():
    features["everything: likeness"] = everything

X = pd.DataFrame(features, index=rows.index).replace(np.inf, np.nan).fillna(-1).to_numpy(float)
print(f"{X.shape[1]} features: {', '.join(features)}")

# %% classification
WORD = re.compile(r"\w+")
# With many classes fewer words, as there is a weight for each word and class.
MOST_WORDS = min(20_000, 500 + 1_000_000 // len(classes))
blocks = [csr_matrix((len(rows), 0))]
for name, kind in types.items():
    if kind in ("text", "list"):
        texts = as_text(rows[name]).str.lower()
        if texts.str.contains(WORD).any():
            words = TfidfVectorizer(
                analyzer=WORD.findall, sublinear_tf=True, max_features=MOST_WORDS
            )
            blocks.append(words.fit_transform(texts))
    elif kind in ("categorical", "boolean"):
        blocks.append(OneHotEncoder().fit_transform(as_text(rows[name]).to_frame()))
    elif kind in ("numeric", "datetime"):
        # Ranks, as they are neither moved by outliers nor by the unit.
        ranks, missing = rows[name].rank(pct=True).fillna(0.5), rows[name].isna()
        blocks.append(csr_matrix(np.column_stack([ranks, missing]).astype(float)))
X = hstack(blocks).tocsr()
print(f"{X.shape[1]:,} features")

# %% [markdown] matching
# ## 4. The score on held-out rows
#
# A fifth of the things is held out, with all pairs whose left record is one of them. Otherwise the
# model would be tested on things that it has seen.
#
# $note

# %% [markdown] classification
# ## 4. The score on held-out rows
#
# About a fifth of the training rows of each class is held out.
#
# $note

# %% matching
one_table = list(dataset["records"]) == ["records"]
left_of = ("" if one_table else "left ") + train["left_id"]
right_of = ("" if one_table else "right ") + train["right_id"]
leads_to: dict[str, str] = {}


def thing(record: str) -> str:
    """The record that stands for all that are, by the labels, the same thing as this one."""
    while (following := leads_to.get(record, record)) != record:
        leads_to[record] = leads_to.get(following, following)
        record = following
    return record


for left_record, right_record, code in zip(left_of, right_of, codes, strict=True):
    if code == 1:
        leads_to[thing(left_record)] = thing(right_record)
things, distinct = pd.factorize(left_of.map(thing))
held_out = (np.random.default_rng(0).permutation(len(distinct)) % 5 == 4)[things]

# %% classification
order = np.lexsort([np.random.default_rng(0).random(len(codes)), codes])
held_out = np.zeros(len(codes), dtype=bool)
held_out[order[4::5]] = True


# %% headline
from podium.pages.starters.metrics import accuracy as headline


# %% join matching
def score(codes: np.ndarray, guess: np.ndarray) -> float:
    """The task's metric of the probabilities (n, 2) of the two labels."""
    return headline(codes == 1, guess[:, 1])


estimator = HistGradientBoostingClassifier(random_state=0)


# %% join classification
def score(codes: np.ndarray, guess: np.ndarray) -> float:  # type: ignore[no-redef]  # noqa: F811
    """The task's metric of the probabilities (n, k) of the k classes."""
    return headline(codes, guess)


estimator = LogisticRegression(C=10, max_iter=200, tol=1e-3)


# %%
def chances(known: np.ndarray, codes: np.ndarray, asked: np.ndarray) -> np.ndarray:
    """What a model trained on known rows says of others: a probability of every label, (n, k).

    Without a feature, or with one label alone, it is the share of each label.
    """
    is_useless = known.shape[1] == 0 or len(np.unique(codes)) < 2
    model = DummyClassifier(strategy="prior") if is_useless else clone(estimator)
    model.fit(known, codes)
    found = np.zeros((asked.shape[0], len(classes)))
    found[:, model.classes_] = model.predict_proba(asked)
    return found


known, asked = X[: len(train)], X[len(train) :]
truth = codes[held_out]
if len(np.unique(truth)) < 2:
    print("There are too few training rows to hold some out.")
else:
    guess = chances(known[~held_out], codes[~held_out], known[held_out])
    shares = np.bincount(codes[~held_out], minlength=len(classes)) / (~held_out).sum()
    print(f"$measured: {score(truth, guess):.4f} on {len(truth):,} held-out rows")
    print(
        f"With the same shares for every row: {score(truth, np.tile(shares, (len(truth), 1))):.4f}"
    )

# %% [markdown]
# ## 5. The submission
#
# Trained again, on all rows. Ids and class names are written as the texts that they are, and read
# back as such.

# %%
final = chances(known, codes, asked)

# %% join matching
submission = pd.DataFrame({"id": test["id"], "score": final[:, 1]})

# %% join classification
submission = pd.DataFrame(final, columns=classes)
submission.insert(0, "id", test["id"])

# %% join
submission.to_csv("submission.csv", index=False, lineterminator="\n")

written = pd.read_csv("submission.csv", dtype=str, keep_default_na=False)
if list(written.columns) != list(sample.columns):
    raise ValueError(f"The columns should be {list(sample.columns)}.")
if sorted(written["id"]) != sorted(sample["id"]):
    raise ValueError("The ids should be those of sample_submission, each once.")
print(f"submission.csv has {len(written):,} rows and the columns of sample_submission.")

# %% [markdown]
# ## 6. Validate and submit
#
# Validating costs no attempt. In a shell:
#
# ```
# podium validate -f submission.csv $task
# podium submit -f submission.csv $task --method "Starter" --wait
# ```
#
# In Python: `Client().task("$task").submit("submission.csv", method="Starter")`. Without the client
# the form on [the task's page]($page) takes the file.
