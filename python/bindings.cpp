// The module reverie._reverie: VectorGames for Python, by a thin layer of arrays. python/reverie/ makes Gymnasium's
// environments of it.
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <atomic>
#include <cstring>

#include "env/error.h"
#include "env/processors.h"
#include "python/field_values.h"
#include "python/vector_games.h"

namespace nb = nanobind;
using namespace nb::literals;

namespace reverie {
namespace {

template <typename Value>
using Array = nb::ndarray<nb::numpy, Value, nb::c_contig, nb::device::cpu>;

// The numbers of an array, of which there must be `size`.
template <typename Value>
std::span<Value> numbers(const char* name, const Array<Value>& array, std::size_t size) {
  if (array.size() != size) {
    throw Error(ErrorKind::data, str(name, ": expected an array of ", size, " values, found one of ", array.size()));
  }
  return {array.data(), size};
}

template <typename Value>
std::span<Value> numbers(const char* name, const std::optional<Array<Value>>& array, std::size_t size) {
  return array ? numbers(name, *array, size) : std::span<Value>();
}

template <typename Value>
nb::ndarray<nb::numpy, Value> new_array(const std::vector<std::size_t>& shape) {
  std::size_t size = 1;
  for (const std::size_t side : shape) {
    size *= side;
  }
  auto values = std::make_unique<Value[]>(size);
  Value* const data = values.get();
  nb::capsule owner(values.release(), [](void* memory) noexcept { delete[] static_cast<Value*>(memory); });
  return nb::ndarray<nb::numpy, Value>(data, shape.size(), shape.data(), owner);
}

class Games {
 public:
  Games(const std::string& game, const nb::dict& config, int action_repeat, int num_envs, int num_threads,
        int autoreset, std::optional<int> max_episode_steps, int height, int width)
      : entry_(&find_game(game)),
        section_(section_of(*entry_, config)),
        games_({{game, action_repeat, section_},
                num_envs,
                num_threads,
                autoreset_of(autoreset),
                max_episode_steps,
                height,
                width}) {}

  void reset(const std::vector<int>& rows, const std::vector<std::optional<std::uint64_t>>& seeds,
             const nb::dict& variation, const Array<std::uint8_t>& frames, const Array<double>& progress) {
    REVERIE_CHECK(rows.size(), ==, seeds.size());
    const std::any episode = varied(variation);
    const VectorOutputs outputs = views(frames, progress);
    const Use use(*this);
    const nb::gil_scoped_release release;
    games_.reset(rows, seeds, episode, outputs);
  }

  void step(const Array<const float>& actions, const Array<std::uint8_t>& frames, const Array<double>& rewards,
            const Array<bool>& terminated, const Array<bool>& truncated, const Array<double>& progress,
            const std::optional<Array<std::uint8_t>>& final_frames, const std::optional<Array<double>>& final_progress,
            const std::optional<Array<bool>>& ended) {
    VectorOutputs outputs = views(frames, progress);
    outputs.rewards = numbers("rewards", rewards, size());
    outputs.terminated = numbers("terminated", terminated, size());
    outputs.truncated = numbers("truncated", truncated, size());
    outputs.final_frames = numbers("final_frames", final_frames, size() * games_.frame_size());
    outputs.final_progress = numbers("final_progress", final_progress, size() * num_progress());
    outputs.ended = numbers("ended", ended, size());
    const std::span<const float> values = numbers("actions", actions, size() * games_.spec().action_low.size());
    const Use use(*this);
    const nb::gil_scoped_release release;
    games_.step(values, outputs);
  }

  nb::tuple state(int row) const {
    const Use use(*this);
    const RowState state = games_.state(row);
    nb::object config = nb::none();
    if (state.config.has_value()) {
      std::any section = state.config;
      config = get_fields(entry_->fields(section));
    }
    const nb::bytes actions(reinterpret_cast<const char*>(state.actions.data()), state.actions.size() * sizeof(float));
    return nb::make_tuple(state.first_seed, state.resets, state.seed, config, actions, state.over);
  }

  void restore(const std::vector<int>& rows, const nb::list& states, const Array<std::uint8_t>& frames,
               const Array<double>& progress) {
    REVERIE_CHECK(rows.size(), ==, nb::len(states));
    std::vector<RowState> read;
    for (const nb::handle kept : states) {
      RowState state;
      state.first_seed = nb::cast<std::uint64_t>(kept[0]);
      state.resets = nb::cast<std::uint64_t>(kept[1]);
      state.seed = nb::cast<std::uint64_t>(kept[2]);
      if (!kept[3].is_none()) {
        state.config = section_of(*entry_, nb::cast<nb::dict>(kept[3]));
      }
      const nb::bytes actions = nb::cast<nb::bytes>(kept[4]);
      if (actions.size() % sizeof(float) != 0) {
        throw Error(ErrorKind::data,
                    str("state: expected actions of 4 bytes a number, found ", actions.size(), " bytes"));
      }
      state.actions.resize(actions.size() / sizeof(float));
      std::memcpy(state.actions.data(), actions.c_str(), actions.size());
      state.over = nb::cast<bool>(kept[5]);
      read.push_back(std::move(state));
    }
    const VectorOutputs outputs = views(frames, progress);
    const Use use(*this);
    const nb::gil_scoped_release release;
    games_.restore(rows, read, outputs);
  }

  nb::ndarray<nb::numpy, float> truth() const {
    const Use use(*this);
    const std::size_t truths = games_.game(0).truth_names().size();
    const auto values = new_array<float>({size(), truths});
    for (int row = 0; row < games_.num_games(); ++row) {
      static_cast<void>(games_.episode_config(row));  // refuses a row that was never reset
      games_.game(row).truth({values.data() + static_cast<std::size_t>(row) * truths, truths});
    }
    return values;
  }

  nb::dict variation(int row) const {
    const Use use(*this);
    std::any section = games_.episode_config(row);
    return get_fields(factors_of(entry_->fields(section)));
  }

  nb::ndarray<nb::numpy, std::uint8_t> draw(int row, int height, int width) const {
    const Use use(*this);
    check_range("render height", height, 8, 4096);
    check_range("render width", width, 8, 4096);
    const auto frame = new_array<std::uint8_t>({static_cast<std::size_t>(height), static_cast<std::size_t>(width), 3});
    games_.draw(row, height, width, {frame.data(), frame.size()});
    return frame;
  }

  nb::dict config() const {
    std::any section = section_;
    return get_fields(entry_->fields(section));
  }
  const VectorGames& games() const { return games_; }
  std::vector<std::vector<float>> numbered_actions() const { return entry_->numbered_actions; }

  std::string end_reason(int row) const {
    const Use use(*this);
    return std::string(games_.game(row).end_reason());
  }

 private:
  // One call at a time: a second thread gets an exception and no mixed state.
  class Use {
   public:
    explicit Use(const Games& games) : busy_(games.busy_) {
      if (busy_.exchange(true)) {
        throw Error(ErrorKind::other, "expected one thread at a time, found this environment at work in another one");
      }
    }
    ~Use() { busy_ = false; }
    Use(const Use&) = delete;
    Use& operator=(const Use&) = delete;

   private:
    std::atomic<bool>& busy_;
  };

  static std::any section_of(const GameEntry& entry, const nb::dict& values) {
    std::any section = entry.config;
    set_fields(entry.fields(section), values);
    return section;
  }
  static Autoreset autoreset_of(int number) {
    check_range("autoreset", number, 0, 2);
    return static_cast<Autoreset>(number);
  }

  std::size_t size() const { return static_cast<std::size_t>(games_.num_games()); }
  std::size_t num_progress() const { return games_.game(0).progress_entries().size(); }

  VectorOutputs views(const Array<std::uint8_t>& frames, const Array<double>& progress) const {
    VectorOutputs outputs;
    outputs.frames = numbers("frames", frames, size() * games_.frame_size());
    outputs.progress = numbers("progress", progress, size() * num_progress());
    return outputs;
  }

  // The environment's config with other values for some factors; empty where there are none.
  std::any varied(const nb::dict& variation) const {
    if (nb::len(variation) == 0) {
      return {};
    }
    std::any section = section_;
    set_fields(factors_of(entry_->fields(section)), variation, "factor of variation");
    return section;
  }

  const GameEntry* entry_;
  std::any section_;  // the game's config
  VectorGames games_;
  mutable std::atomic<bool> busy_ = false;
};

nb::dict game_factors(const std::string& game) {
  std::any section = find_game(game).config;
  nb::dict factors;
  for (const Field& field : factors_of(find_game(game).fields(section))) {
    factors[field.name.c_str()] = nb::make_tuple(limits_of(field), field.help);
  }
  return factors;
}

}  // namespace
}  // namespace reverie

NB_MODULE(_reverie, m) {
  using reverie::Games;
  m.doc() =
      "Reverie's games in C++. Use gymnasium.make, reverie.VectorEnv or reverie.CarRacing; this module may change.";
  nb::register_exception_translator([](const std::exception_ptr& thrown, void*) {
    try {
      std::rethrow_exception(thrown);
    } catch (const reverie::Error& error) {
      PyErr_SetString(error.kind() == reverie::ErrorKind::other ? PyExc_RuntimeError : PyExc_ValueError, error.what());
    }
  });
  m.attr("VERSION") = REVERIE_VERSION;
  m.def("usable_threads", &reverie::usable_threads, "Processors that this process may use.");
  m.def("factors", &reverie::game_factors, "game"_a,
        "Factors of variation of a game: {name: ((least, largest), what it is)}; (0, 0) for a choice of words.");
  nb::class_<Games>(m, "Games", "Games on threads, which write into the caller's arrays.")
      .def(nb::init<const std::string&, const nb::dict&, int, int, int, int, std::optional<int>, int, int>(), "game"_a,
           "config"_a, "action_repeat"_a, "num_envs"_a, "num_threads"_a, "autoreset"_a, "max_episode_steps"_a.none(),
           "height"_a, "width"_a)
      .def("reset", &Games::reset, "rows"_a, "seeds"_a, "variation"_a, "frames"_a.noconvert(), "progress"_a.noconvert())
      .def("step", &Games::step, "actions"_a.noconvert(), "frames"_a.noconvert(), "rewards"_a.noconvert(),
           "terminated"_a.noconvert(), "truncated"_a.noconvert(), "progress"_a.noconvert(),
           "final_frames"_a.noconvert().none(), "final_progress"_a.noconvert().none(), "ended"_a.noconvert().none())
      .def("state", &Games::state, "row"_a)
      .def("restore", &Games::restore, "rows"_a, "states"_a, "frames"_a.noconvert(), "progress"_a.noconvert())
      .def("truth", &Games::truth)
      .def("variation", &Games::variation, "row"_a)
      .def("draw", &Games::draw, "row"_a, "height"_a, "width"_a)
      .def("end_reason", &Games::end_reason, "row"_a)
      .def_prop_ro("config", &Games::config)
      .def_prop_ro("height", [](const Games& g) { return g.games().height(); })
      .def_prop_ro("width", [](const Games& g) { return g.games().width(); })
      .def_prop_ro("action_low", [](const Games& g) { return g.games().spec().action_low; })
      .def_prop_ro("action_high", [](const Games& g) { return g.games().spec().action_high; })
      .def_prop_ro("numbered_actions", &Games::numbered_actions)
      .def_prop_ro("truth_names", [](const Games& g) { return g.games().game(0).truth_names(); })
      .def_prop_ro("progress_entries", [](const Games& g) {
        std::vector<std::pair<std::string, bool>> entries;
        for (const reverie::ProgressEntry& entry : g.games().game(0).progress_entries()) {
          entries.emplace_back(entry.name, entry.flag);
        }
        return entries;
      });
}
