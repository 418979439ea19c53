import { documentsOf, logitsOf, type CausalLm } from "@trainer/models";
import { cat, noGrad, scope, type Tensor } from "@trainer/torch";
import type { Batch } from "../bins/batch.js";
import { decodeAnswers, encodeAnswers, toldApart, type Answers } from "./answer-record.js";
import type { Objective } from "./objective.js";

/** How much of a teacher a student is to learn. */
export interface DistillationOptions {
  /** The teacher's part in the loss, 0 to 1; the cross entropy of the next token has the rest. */
  readonly weight: number;
  /** So many of the teacher's likeliest tokens are told apart, all others together are one; 0: all are told apart. */
  readonly topK: number;
  /** Logits of both are divided by it before they are compared. */
  readonly temperature: number;
  /** The most logits of a model that are held at once. */
  readonly logits?: number;
}

/** 16 MB of float32. */
const LOGITS = 1 << 22;

/**
 * (1 - weight) times the cross entropy of the next token, plus weight times T² KL(teacher || student) (Hinton et al.
 * 2015). The divergence is that of k + 1 outcomes, the teacher's k likeliest tokens and "any other": to renormalise the k
 * would leave the student free to give the others as much as it likes. No (N, V) is ever whole: some rows at a time, the
 * logits of both are made, used for the gradients and dropped.
 */
export const distillation = (teacher: CausalLm, options: DistillationOptions): Objective => ({
  recordable: false,
  ofBatch(model, batch, ctx) {
    const documents = batch.documents && documentsOf(batch.documents);
    const hidden = model.hidden(batch.inputs, { ...ctx, documents }).flatten(0, 1);
    const { weight } = options;
    const { head } = model;
    const x = leafOf(hidden);
    const student = { head: leafOf(head), headBias: model.headBias && leafOf(model.headBias), softcap: model.softcap };
    const rows = Math.max(1, Math.floor((options.logits ?? LOGITS) / head.size(0)));
    const vocabulary = sharedVocabulary(teacher, model);
    const asked = { teacher, options, vocabulary, rows };
    const answers = noGrad(() => (batch.answers === undefined ? answersTo(asked, batch) : keptAnswers(asked, batch)));
    const sums = slicesOf(x.size(0), rows).map((slice) => {
      const part = (t: Tensor) => t.narrow(0, slice.from, slice.count);
      return scope(() => {
        const theirs = noGrad(() => answers(slice));
        const own = logitsOf(student, part(x)).to("float32");
        const { ce, kd } = compared(own, { ...theirs, vocabulary }, part(batch.targets.flatten()), options);
        ce.mul(1 - weight)
          .add(kd.mul(weight))
          .backward(); // of the sum: a mean's gradients would vanish in fp16
        return { ce: ce.detach(), kd: kd.detach() };
      });
    });
    const meanOf = (each: readonly Tensor[]) => each.reduce((sum, one) => sum.add(one)).div(batch.tokens);
    const ce = meanOf(sums.map((sum) => sum.ce));
    const kd = meanOf(sums.map((sum) => sum.kd));
    const value = ce.mul(1 - weight).add(kd.mul(weight));
    const pairs = [
      [hidden, x],
      [head, student.head],
      [model.headBias, student.headBias],
    ] as const;
    return { loss: withGradients(value, pairs, batch), told: ce, figures: { kd_loss: kd } };
  },
});

type WithHead = Pick<CausalLm, "head">;

/** Rows that both have: of padding behind the vocabulary either may have more, which stand for no token. */
export const sharedVocabulary = (teacher: WithHead, student: WithHead): number =>
  Math.min(teacher.head.size(0), student.head.size(0));

interface Asked {
  readonly teacher: CausalLm;
  readonly options: DistillationOptions;
  /** Tokens that are compared. */
  readonly vocabulary: number;
  /** Places whose logits are held at once. */
  readonly rows: number;
}

/** Places of a batch, whose rows are one after another. */
interface Slice {
  readonly from: number;
  readonly count: number;
}

const slicesOf = (places: number, rows: number): Slice[] =>
  Array.from({ length: Math.ceil(places / rows) }, (_, i) => ({
    from: i * rows,
    count: Math.min(rows, places - i * rows),
  }));

/** Asks the teacher of a batch; what it expects at a slice's places is made when it is wanted. */
function answersTo(
  { teacher, options: { topK, temperature }, vocabulary }: Asked,
  { inputs, documents }: Pick<Batch, "inputs" | "documents">,
): (slice: Slice) => Answers {
  const ctx = { training: false, documents: documents && documentsOf(documents) };
  const hidden = teacher.hidden(inputs, ctx).flatten(0, 1);
  return ({ from, count }) => {
    const logits = logitsOf(teacher, hidden.narrow(0, from, count))
      .narrow(1, 0, vocabulary)
      .to("float32");
    const [, ids] = logits.topk(toldApart(topK, vocabulary), 1);
    return { ids, logProbs: outcomes(logits.div(temperature), ids) };
  };
}

/**
 * Answers as they are kept; the teacher is asked of the rows that have none. It is asked of each row by itself: so an
 * answer is the same to the bit whatever else is in the batch, and whether it is new or was kept.
 */
function keptAnswers(asked: Asked, { inputs, documents, answers = [] }: Batch): (slice: Slice) => Answers {
  const { vocabulary, options } = asked;
  const seqLen = inputs.size(1);
  const kept = answers.map((place, row) => {
    const before = place.read();
    if (before !== null) return before;
    const only = (t: Tensor) => t.narrow(0, row, 1);
    const answer = scope(() => {
      const of = answersTo(asked, { inputs: only(inputs), documents: documents && only(documents) });
      const parts = slicesOf(seqLen, asked.rows).map(of);
      const [ids, logProbs] = [cat(parts.map((each) => each.ids)), cat(parts.map((each) => each.logProbs))];
      return encodeAnswers({ ids, logProbs }, vocabulary);
    });
    place.write(answer);
    return answer;
  });
  const shape = { seqLen, k: toldApart(options.topK, vocabulary), vocabulary };
  const { ids, logProbs } = decodeAnswers(kept, shape, inputs.device);
  return ({ from, count }) => ({ ids: ids.narrow(0, from, count), logProbs: logProbs.narrow(0, from, count) });
}

function leafOf(t: Tensor): Tensor {
  const leaf = t.detach();
  leaf.requiresGrad = t.requiresGrad;
  return leaf;
}

type Pair = readonly [given: Tensor | null, leaf: Tensor | null];

/** A scalar of this value, whose gradient by each `given` tensor is what its leaf has, over the batch's tokens. */
const withGradients = (value: Tensor, pairs: readonly Pair[], { tokens }: Batch): Tensor =>
  pairs.reduce((sum, [given, leaf]) => {
    const grad = leaf?.grad;
    if (!given || !grad) return sum;
    const linear = given.to("float32").mul(grad.to("float32")).sum().div(tokens);
    return sum.add(linear.sub(linear.detach())); // nothing but a gradient
  }, value);

/** Sums over the rows that count of the cross entropy and of the divergence from the teacher: (n, V), (n) -> (). */
function compared(
  own: Tensor,
  { ids, logProbs: p, vocabulary }: Answers & Pick<Asked, "vocabulary">,
  targets: Tensor,
  { temperature }: DistillationOptions,
) {
  const counts = targets.ge(0).to("float32");
  const next = own.gather(1, targets.clamp(0).unsqueeze(1)).squeeze(1);
  const ce = own.logsumexp(1).sub(next).mul(counts).sum();
  const q = outcomes(own.narrow(1, 0, vocabulary).div(temperature), ids);
  const divergence = p.exp().mul(p.sub(q)).sum(1);
  return {
    ce,
    kd: divergence
      .mul(counts)
      .sum()
      .mul(temperature ** 2),
  };
}

/** Log-probabilities of the tokens `ids`, and, where there are others, of these together: (n, V), (n, k) -> (n, k + 1). */
function outcomes(logits: Tensor, ids: Tensor): Tensor {
  const named = logits.gather(1, ids);
  const all = logits.logsumexp(1, true);
  if (ids.size(1) === logits.size(1)) return named.sub(all);
  const others = logits.scatter(1, ids, -Infinity).logsumexp(1, true); // exact where 1 - sum would be 0
  return cat([named, others], 1).sub(all);
}
