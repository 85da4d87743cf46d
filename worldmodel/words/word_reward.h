// A world model whose dreams pay where a sentence is true, as far as a word space can tell.
#pragma once

#include <memory>

#include "worldmodel/forwarding_model.h"
#include "worldmodel/views.h"
#include "worldmodel/words/word_space.h"

namespace reverie {

// A moment counts where its product with the goal, less that with the baseline, is above the threshold. A yes or no,
// and not the product itself, which false friends would farm (arXiv 2409.15922).
struct WordGoal {
  torch::Tensor direction;  // [kSize]: the goal's place less the baseline's
  double threshold = 0;

  torch::Tensor is_met(const WordSpaceImpl& space, const torch::Tensor& features) const;  // [n], 0 or 1
};

class WordReward : private std::unique_ptr<WorldModel>, public ForwardingModel {
 public:
  WordReward(std::unique_ptr<WorldModel> model, WordSpace space, WordGoal goal);

  Imagined imagine(const ModelState& state, const torch::Tensor& action, float temperature,
                   const Noise& noise) const override;
  const RecordedView* recorded() const override { return model_.recorded(); }
  const LatentView* latent() const override { return model_.latent(); }
  const BeliefView* belief() const override { return model_.belief(); }

 private:
  WordSpace space_;
  WordGoal goal_;
};

}  // namespace reverie
