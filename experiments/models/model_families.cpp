// The table of world models, one line each.
#include "experiments/models/model_family.h"
#include "experiments/models/rssm/family.h"
#include "experiments/models/trainer.h"
#include "experiments/models/vae_mdn_rnn/family.h"
#include "worldmodel/vae/latent_store.h"

namespace reverie {

std::vector<std::unique_ptr<ModelFamily>>& model_families() {
  static std::vector<std::unique_ptr<ModelFamily>> families = [] {
    std::vector<std::unique_ptr<ModelFamily>> table;
    table.push_back(std::make_unique<VaeMdnRnnFamily>(Memory::lstm));
    table.push_back(std::make_unique<VaeMdnRnnFamily>(Memory::transformer));
    table.push_back(std::make_unique<RssmFamily>());
    return table;
  }();
  return families;
}

EquipmentKinds model_equipment() {
  return {{kEncodeEquipment, take_encoder}, {kTrainEquipment, take_trainer}};
}

}  // namespace reverie
