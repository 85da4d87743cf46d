#include "experiments/viewer/workbench.h"

#include <mutex>
#include <utility>

#include "env/error.h"

namespace reverie {
namespace {

bool dreams(const View& view) {
  return view.mode == Mode::dream || view.mode == Mode::locked;
}

}  // namespace

struct Workbench::Answers {
  std::mutex mutex;
  std::shared_ptr<const Facts> facts = std::make_shared<Facts>();
  std::optional<std::vector<float>> random;
  std::optional<Picture> decoded;
  std::optional<Session::Narrowed> narrowed;
  bool decoding = false, narrowing = false;  // asked, and not yet begun
};

Workbench::Workbench(Player& player)
    : player_(player), answers_(std::make_shared<Answers>()), title_(player.view()->title) {
  ask_again();
}

void Workbench::post(std::function<std::string(Session&)> command) {
  player_.post([command = std::move(command)](Session& session) -> std::string {
    try {
      return command(session);
    } catch (const Error& error) {
      return error.what();
    }
  });
}

void Workbench::ask_again() {
  post([answers = answers_](Session& session) -> std::string {
    auto facts = std::make_shared<Facts>();
    facts->has_model = session.has_model();
    facts->has_belief = session.has_belief();
    facts->has_controller = session.has_controller();
    facts->num_recordings = session.num_recordings();
    facts->recording = facts->num_recordings > 0 ? session.recording() : 0;
    facts->game = session.game();
    facts->keys = session.keys();
    facts->saved_points = session.saved_points();
    if (facts->has_model) {
      facts->latent_size = session.latent_size();
      facts->dimensions = session.dimensions();
    }
    const std::lock_guard lock(answers->mutex);
    answers->facts = std::move(facts);
    return {};
  });
}

std::shared_ptr<const Facts> Workbench::facts() const {
  const std::lock_guard lock(answers_->mutex);
  return answers_->facts;
}

void Workbench::update(const View& view) {
  if (view.title != title_) {  // another controller, and perhaps another model
    title_ = view.title;
    follow();
    ask_again();
  }
  if (held_) {
    edited_at_ = view.moment.dream_step;
  } else if (edited_ && dreams(view) && view.moment.dream_step != edited_at_) {
    follow();
  }
  std::optional<std::vector<float>> random;
  bool decode = false, narrow = false;
  const std::string moment =
      str(to_string(view.mode), " ", view.moment.seed, " ", view.moment.step, " ", view.looking_at, " ", kept_);
  {
    const std::lock_guard lock(answers_->mutex);
    random = std::exchange(answers_->random, std::nullopt);
    if (answers_->decoded) {
      decoded_ = std::move(*std::exchange(answers_->decoded, std::nullopt));
    }
    if (answers_->narrowed) {
      narrowed_ = std::move(answers_->narrowed->picture);
      narrowed_error_ = answers_->narrowed->error;
      answers_->narrowed.reset();
    }
    decode = decode_wanted_ && edited_ && !answers_->decoding;
    narrow = kept_ > 0 && moment != narrowed_for_ && !answers_->narrowing;
    answers_->decoding = answers_->decoding || decode;
    answers_->narrowing = answers_->narrowing || narrow;
  }
  if (random) {
    edit(std::move(*random), view);
  }
  if (decode) {
    decode_wanted_ = false;
    post([answers = answers_, latent = *edited_](Session& session) -> std::string {
      {
        const std::lock_guard lock(answers->mutex);
        answers->decoding = false;
      }
      Picture picture;
      if (static_cast<int>(latent.size()) == session.latent_size()) {
        picture = session.decode(latent);
      }
      const std::lock_guard lock(answers->mutex);
      answers->decoded = std::move(picture);
      return {};
    });
  }
  if (narrow) {
    narrowed_for_ = moment;
    post([answers = answers_, count = kept_](Session& session) -> std::string {
      {
        const std::lock_guard lock(answers->mutex);
        answers->narrowing = false;
      }
      Session::Narrowed narrowed;
      if (session.has_model()) {
        narrowed = session.keep_first(count);
      }
      const std::lock_guard lock(answers->mutex);
      answers->narrowed = std::move(narrowed);
      return {};
    });
  }
}

std::vector<float> Workbench::latent(const View& view) const {
  return edited_ ? *edited_ : view.moment.latent;
}

void Workbench::edit(std::vector<float> latent, const View& view) {
  if (latent.empty()) {
    return;
  }
  if (dreams(view)) {
    post([latent](Session& session) -> std::string {
      session.set_latent(latent);
      return {};
    });
  }
  edited_ = std::move(latent);
  edited_at_ = view.moment.dream_step;
  decode_wanted_ = true;
}

void Workbench::follow() {
  edited_.reset();
  decoded_ = {};
}

void Workbench::hold(bool held) {
  held_ = held;
  player_.set_held(held);
}

void Workbench::take_random() {
  post([answers = answers_](Session& session) -> std::string {
    if (session.latent_size() == 0) {
      return "there is no latent to draw";
    }
    std::vector<float> latent = session.random_latent();
    const std::lock_guard lock(answers->mutex);
    answers->random = std::move(latent);
    return {};
  });
}

void Workbench::remember(int which, const View& view) {
  remembered_[which] = latent(view);
}

void Workbench::mix(float share, const View& view) {
  if (!remembers(0) || remembered_[0].size() != remembered_[1].size()) {
    return;
  }
  std::vector<float> mixed = remembered_[0];
  for (std::size_t i = 0; i < mixed.size(); ++i) {
    mixed[i] += share * (remembered_[1][i] - mixed[i]);
  }
  edit(std::move(mixed), view);
}

void Workbench::keep_first(int count) {
  kept_ = count;
  if (count == 0) {
    narrowed_ = {};
  }
}

}  // namespace reverie
