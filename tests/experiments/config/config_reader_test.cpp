#include "experiments/config/config_reader.h"

#include <cmath>
#include <cstring>
#include <limits>
#include <tuple>

#include "env/error.h"
#include "env/random.h"
#include "experiments/config/config_writer.h"
#include "tests/temporary_folder.h"
#include "tests/test.hpp"

using namespace reverie;

namespace {

enum class Squash { tanh, tanh01, relu_tanh };

constexpr float kLargestFloat = std::numeric_limits<float>::max();
constexpr double kLargestDouble = std::numeric_limits<double>::max();

struct AdamConfig {
  double learning_rate = 0.001;
  float epsilon = 1e-8f;
  bool operator==(const AdamConfig&) const = default;
};
std::vector<Field> fields(AdamConfig& c) {
  return {number_field("learning_rate", c.learning_rate, -kLargestDouble, kLargestDouble, "Adam's"),
          number_field("epsilon", c.epsilon, -kLargestFloat, kLargestFloat, "Adam's")};
}

struct VaeConfig {
  int latent_size = 32;
  Squash squash = Squash::tanh;
  AdamConfig adam;
  bool operator==(const VaeConfig&) const = default;
};
std::vector<Field> fields(VaeConfig& c) {
  return {number_field("latent_size", c.latent_size, 1, 512, "dimensions"),
          choice_field("squash", c.squash, {"tanh", "tanh01", "relu_tanh"}, "of the output"),
          section_field("adam", c.adam, "the optimiser")};
}

struct SampleConfig {
  std::string name = "dream";
  std::uint64_t seed = 1;
  std::int64_t offset = 0;
  bool resume = false;
  Schedule<int> epochs = {1, 2};
  std::vector<float> shares;
  std::vector<std::string> tags = {"a"};
  std::vector<Squash> squashes = {Squash::tanh, Squash::relu_tanh};
  VaeConfig vae;

  bool operator==(const SampleConfig& other) const {
    return epochs.values() == other.epochs.values() &&
           std::tie(name, seed, offset, resume, shares, tags, squashes, vae) ==
               std::tie(other.name, other.seed, other.offset, other.resume, other.shares, other.tags, other.squashes,
                        other.vae);
  }
};
std::vector<Field> fields(SampleConfig& c) {
  return {text_field("name", c.name, "of the run"),
          number_field("seed", c.seed, 0, std::numeric_limits<std::uint64_t>::max(), "of everything"),
          number_field("offset", c.offset, std::numeric_limits<std::int64_t>::min(),
                       std::numeric_limits<std::int64_t>::max(), "any"),
          bool_field("resume", c.resume, "go on"),
          number_field("epochs", c.epochs, std::numeric_limits<int>::min(), std::numeric_limits<int>::max(), "of each"),
          number_field("shares", c.shares, -kLargestFloat, kLargestFloat, "any"),
          text_field("tags", c.tags, "any"),
          choice_field("squashes", c.squashes, {"tanh", "tanh01", "relu_tanh"}, "of each output"),
          section_field("vae", c.vae, "the autoencoder")};
}

SampleConfig parse(const std::string& text, const std::vector<std::string>& overrides = {}) {
  return parse_config<SampleConfig>("x.yaml", text, overrides);
}

std::string refusal(const std::string& text, const std::vector<std::string>& overrides = {}) {
  return message_of<Error>([&] { parse(text, overrides); });
}

}  // namespace

TEST_CASE("a config is read field by field and keeps the defaults of what is not there", "[experiments]") {
  const SampleConfig config = parse(
      "# a comment\n"
      "name: first run  # another\n"
      "seed: 18446744073709551615\n"
      "offset: -9223372036854775808\n"
      "resume: true\n"
      "epochs: [3, 2]\n"
      "shares:\n  - 0.5\n  - 1e-3\n  - 2\n"
      "tags: []\n"
      "squashes: [tanh01]\n"
      "vae:\n  squash: relu_tanh\n  adam: {learning_rate: 1.5E+2}\n");
  CHECK(config.name == "first run");
  CHECK(config.seed == 18446744073709551615u);
  CHECK(config.offset == std::numeric_limits<std::int64_t>::min());
  CHECK(config.resume);
  CHECK(config.epochs.values() == std::vector<int>{3, 2});
  CHECK(config.shares == std::vector<float>{0.5f, 1e-3f, 2.0f});
  CHECK(config.tags.empty());
  CHECK((config.squashes == std::vector<Squash>{Squash::tanh01}));
  CHECK(config.vae.squash == Squash::relu_tanh);
  CHECK(config.vae.latent_size == 32);
  CHECK(config.vae.adam.learning_rate == 150.0);
  CHECK(config.vae.adam.epsilon == 1e-8f);
}

TEST_CASE("a schedule of one value may stand without brackets", "[experiments]") {
  CHECK(parse("epochs: 7\n").epochs.values() == std::vector<int>{7});
  CHECK(parse("epochs: [7]\n") == parse("epochs: 7\n"));
}

TEST_CASE("numbers are decimal, whatever they begin with", "[experiments]") {
  CHECK(parse("seed: 010\n").seed == 10);
  CHECK(parse("seed: +08\n").seed == 8);
  CHECK(parse("offset: -0\n").offset == 0);
  CHECK(parse("seed: 1\n", {"seed=010"}).seed == 10);
  CHECK(parse("shares: [+0.5, .5, 5., 01, 7.7e-53]\n").shares == std::vector<float>{0.5f, 0.5f, 5.0f, 1.0f, 0.0f});
  CHECK(parse("vae: {adam: {learning_rate: 1e-999}}\n").vae.adam.learning_rate == 0.0);
}

TEST_CASE("windows line ends and a byte order mark change nothing", "[experiments]") {
  CHECK(parse("seed: 7\r\nname: abc\r\nvae:\r\n  latent_size: 3\r\n").name == "abc");
  CHECK(parse("\xef\xbb\xbfseed: 7\n").seed == 7);
}

TEST_CASE("overrides replace and add values, and may reach into sections", "[experiments]") {
  const SampleConfig config =
      parse("seed: 3\nvae: {latent_size: 8}\n",
            {"seed=4", "vae.latent_size=16", "vae.adam.learning_rate=0.5", "epochs=[7]", "name='4'", "resume=true"});
  CHECK(config.seed == 4);
  CHECK(config.vae.latent_size == 16);
  CHECK(config.vae.adam.learning_rate == 0.5);
  CHECK(config.epochs.values() == std::vector<int>{7});
  CHECK(config.name == "4");
  CHECK(config.resume);
}

TEST_CASE("each bad config is refused with place, expectation and finding", "[experiments]") {
  const std::string number = "a number like 3, 0.5 or 1e-4", whole = "a whole number in decimal digits";
  struct Case {
    std::string text, message;
  };
  const Case cases[] = {
      // Not one plain mapping.
      {"", "x.yaml: expected a mapping of keys to values, found nothing"},
      {"# only this\n", "x.yaml: expected a mapping of keys to values, found nothing"},
      {"~\n", "x.yaml:1:1: expected a mapping of keys to values, found nothing"},
      {"text\n", "x.yaml:1:1: expected a mapping of keys to values, found 'text'"},
      {"- a\n- b\n", "x.yaml:1:1: expected a mapping of keys to values, found a list"},
      {"seed: 1\n---\nseed: 2\n", "x.yaml:3:1: expected one YAML document, found a second"},
      {"seed: 1\n...\nseed: 2\n", "x.yaml:3:1: expected one YAML document, found a second"},
      // Keys.
      {"sead: 1\n",
       "x.yaml:1:1: unknown key 'sead' (known: name, seed, offset, resume, epochs, shares, tags, squashes, vae; did "
       "you mean seed?)"},
      {"seed: 1\nvae:\n  latent_sise: 3\n",
       "x.yaml:3:3: unknown key 'vae.latent_sise' (known: latent_size, squash, adam; did you mean latent_size?)"},
      {"vae:\n  adam:\n    zzz: 3\n", "x.yaml:3:5: unknown key 'vae.adam.zzz' (known: learning_rate, epsilon)"},
      {"latent_size: 3\n",
       "x.yaml:1:1: unknown key 'latent_size' (known: name, seed, offset, resume, epochs, shares, tags, squashes, "
       "vae)"},
      {"Seed: 3\n",
       "x.yaml:1:1: unknown key 'Seed' (known: name, seed, offset, resume, epochs, shares, tags, squashes, vae; did "
       "you mean seed?)"},
      {"vae.latent_size: 3\n", "x.yaml:1:1: expected a key of letters, digits, _ and -, found 'vae.latent_size'"},
      {"seed: 1\nname: a\nseed: 2\n", "x.yaml:3:1: key 'seed' is given twice, first at x.yaml:1:1"},
      {"vae: {latent_size: 1, latent_size: 1}\n", "x.yaml:1:23: key 'latent_size' is given twice, first at x.yaml:1:7"},
      {"vae:\n  squash: tanh\nvae:\n  latent_size: 1\n", "x.yaml:3:1: key 'vae' is given twice, first at x.yaml:1:1"},
      {"[a, b]: 1\n", "x.yaml:1:1: expected a key of letters, digits, _ and -, found a list"},
      {"? {a: b}\n: 1\n", "x.yaml:1:3: expected a key of letters, digits, _ and -, found a mapping"},
      {"~: 1\n", "x.yaml:1:1: expected a key of letters, digits, _ and -, found nothing"},
      {"\"\": 1\n", "x.yaml:1:1: expected a key of letters, digits, _ and -, found \"\""},
      {"<<: {seed: 1}\n", "x.yaml:1:1: expected a key of letters, digits, _ and -, found '<<'"},
      // Anchors, aliases, tags.
      {"seed: &one 1\n", "x.yaml:1:7: anchors (&) are not allowed"},
      {"vae: &vae\n  latent_size: 1\n", "x.yaml:1:6: anchors (&) are not allowed"},
      {"tags: &t [a]\n", "x.yaml:1:7: anchors (&) are not allowed"},
      {"seed: !!int 1\n", "x.yaml:1:7: tags are not allowed, found 'tag:yaml.org,2002:int'"},
      {"tags: !mine [a]\n", "x.yaml:1:7: tags are not allowed, found '!mine'"},
      // Whole numbers.
      {"seed: abc\n", "x.yaml:1:7: seed: expected " + whole + ", found 'abc'"},
      {"seed: 1.0\n", "x.yaml:1:7: seed: expected " + whole + ", found '1.0'"},
      {"seed: 1e3\n", "x.yaml:1:7: seed: expected " + whole + ", found '1e3'"},
      {"seed: 0x10\n", "x.yaml:1:7: seed: expected " + whole + ", found '0x10'"},
      {"seed: 1_000\n", "x.yaml:1:7: seed: expected " + whole + ", found '1_000'"},
      {"seed: \"1\"\n", "x.yaml:1:7: seed: expected " + whole + ", found \"1\""},
      {"seed: true\n", "x.yaml:1:7: seed: expected " + whole + ", found 'true'"},
      {"seed:\n", "x.yaml:1:1: seed: expected " + whole + ", found nothing"},
      {"seed: ~\n", "x.yaml:1:1: seed: expected " + whole + ", found nothing"},
      {"seed: [1]\n", "x.yaml:1:7: seed: expected " + whole + ", found a list"},
      {"seed: {a: 1}\n", "x.yaml:1:7: seed: expected " + whole + ", found a mapping"},
      {"seed: -1\n", "x.yaml:1:7: seed: expected a whole number from 0 to 18446744073709551615, found '-1'"},
      {"seed: 18446744073709551616\n",
       "x.yaml:1:7: seed: expected a whole number from 0 to 18446744073709551615, found '18446744073709551616'"},
      {"vae:\n  latent_size: 2147483648\n",
       "x.yaml:2:16: vae.latent_size: expected a whole number from -2147483648 to 2147483647, found '2147483648'"},
      {"offset: 9223372036854775808\n",
       "x.yaml:1:9: offset: expected a whole number from -9223372036854775808 to 9223372036854775807, found "
       "'9223372036854775808'"},
      // Numbers.
      {"vae: {adam: {learning_rate: .nan}}\n",
       "x.yaml:1:29: vae.adam.learning_rate: expected " + number + ", found '.nan'"},
      {"vae: {adam: {learning_rate: nan}}\n",
       "x.yaml:1:29: vae.adam.learning_rate: expected " + number + ", found 'nan'"},
      {"vae: {adam: {learning_rate: -.inf}}\n",
       "x.yaml:1:29: vae.adam.learning_rate: expected " + number + ", found '-.inf'"},
      {"vae: {adam: {learning_rate: inf}}\n",
       "x.yaml:1:29: vae.adam.learning_rate: expected " + number + ", found 'inf'"},
      {"vae: {adam: {learning_rate: 1e}}\n",
       "x.yaml:1:29: vae.adam.learning_rate: expected " + number + ", found '1e'"},
      {"vae: {adam: {learning_rate: 0x1p3}}\n",
       "x.yaml:1:29: vae.adam.learning_rate: expected " + number + ", found '0x1p3'"},
      {"vae: {adam: {learning_rate: 1 2}}\n",
       "x.yaml:1:29: vae.adam.learning_rate: expected " + number + ", found '1 2'"},
      {"vae: {adam: {learning_rate: '1'}}\n",
       "x.yaml:1:29: vae.adam.learning_rate: expected " + number + ", found \"1\""},
      {"vae: {adam: {learning_rate: 1e999}}\n",
       "x.yaml:1:29: vae.adam.learning_rate: expected a number that fits a 64-bit float, found '1e999'"},
      {"vae: {adam: {epsilon: 1e39}}\n",
       "x.yaml:1:23: vae.adam.epsilon: expected a number that fits a 32-bit float, found '1e39'"},
      // Truths, texts, choices.
      {"resume: yes\n", "x.yaml:1:9: resume: expected true or false, found 'yes'"},
      {"resume: True\n", "x.yaml:1:9: resume: expected true or false, found 'True'"},
      {"resume: 1\n", "x.yaml:1:9: resume: expected true or false, found '1'"},
      {"resume: 'true'\n", "x.yaml:1:9: resume: expected true or false, found \"true\""},
      {"resume: []\n", "x.yaml:1:9: resume: expected true or false, found a list"},
      {"name: 12\n", "x.yaml:1:7: name: expected text, in quotes where it reads as something else, found '12'"},
      {"name: true\n", "x.yaml:1:7: name: expected text, in quotes where it reads as something else, found 'true'"},
      {"name: No\n", "x.yaml:1:7: name: expected text, in quotes where it reads as something else, found 'No'"},
      {"name: null\n", "x.yaml:1:1: name: expected text, in quotes where it reads as something else, found nothing"},
      {"name: [a]\n", "x.yaml:1:7: name: expected text, in quotes where it reads as something else, found a list"},
      {"vae: {squash: tan}\n", "x.yaml:1:15: vae.squash: expected one of tanh, tanh01, relu_tanh, found 'tan'"},
      {"vae: {squash: 0}\n", "x.yaml:1:15: vae.squash: expected one of tanh, tanh01, relu_tanh, found '0'"},
      {"vae: {squash: [tanh]}\n", "x.yaml:1:15: vae.squash: expected one of tanh, tanh01, relu_tanh, found a list"},
      // Lists and sections.
      {"shares: 3\n", "x.yaml:1:9: shares: expected a list like [a, b], found '3'"},
      {"epochs: x\n", "x.yaml:1:9: epochs: expected " + whole + ", found 'x'"},
      {"epochs: {a: 3}\n", "x.yaml:1:9: epochs: expected a value or a list like [a, b], found a mapping"},
      {"epochs: [1, x]\n", "x.yaml:1:13: epochs[1]: expected " + whole + ", found 'x'"},
      {"epochs: [1, [2]]\n", "x.yaml:1:13: epochs[1]: expected " + whole + ", found a list"},
      {"shares:\n  - 1\n  - .nan\n", "x.yaml:3:5: shares[1]: expected " + number + ", found '.nan'"},
      {"squashes: [tanh, tanh02]\n",
       "x.yaml:1:18: squashes[1]: expected one of tanh, tanh01, relu_tanh, found 'tanh02'"},
      {"vae: 3\n", "x.yaml:1:6: vae: expected a mapping of keys to values, found '3'"},
      {"vae:\n", "x.yaml:1:1: vae: expected a mapping of keys to values, found nothing"},
      {"vae: [1]\n", "x.yaml:1:6: vae: expected a mapping of keys to values, found a list"},
      // What validate() says, with the place of the value.
      {"vae:\n  latent_size: 0\n", "x.yaml:2:16: vae.latent_size: expected 1 to 512, found 0"},
      {"epochs: []\n", "x.yaml:1:9: epochs: expected at least one value, found none"},
      // Bytes.
      {"seed:\t1\n", "x.yaml:1:6: expected spaces, found a tab"},
      {"vae:\n\tlatent_size: 1\n", "x.yaml:2:1: expected spaces, found a tab"},
      {std::string("seed: 1\n\0", 9), "x.yaml:2:1: expected UTF-8 text, found byte 0"},
      {"name: \xff\n", "x.yaml:1:7: expected UTF-8 text, found byte 255"},
      {"name: \xc0\xaf\n", "x.yaml:1:7: expected UTF-8 text, found byte 192"},
      {"name: \xed\xa0\x80\n", "x.yaml:1:7: expected UTF-8 text, found byte 237"},
      {"name: \xc3", "x.yaml:1:7: expected UTF-8 text, found byte 195"},
      {"name: a\x1b[31m\n", "x.yaml:1:8: expected UTF-8 text, found byte 27"},
      {"name: a\rseed: 2\n", "x.yaml:1:8: expected UTF-8 text, found byte 13"},
      {"# " + std::string(std::size_t{1} << 20, 'x'), "x.yaml: expected at most 1048576 bytes, found 1048578"},
  };
  for (const Case& bad : cases) {
    INFO(bad.text.substr(0, 100));
    CHECK(refusal(bad.text) == bad.message);
  }
}

TEST_CASE("what yaml-cpp cannot parse is refused with its place", "[experiments]") {
  for (const char* text :
       {"seed: [1\n", "seed: \"abc\n", "vae: {a: 1\n", "seed: 1\n  name: b\n", "a: b: c\n", "seed: *none\n",
        "vae:\n    latent_size: 1\n  squash: tanh\n", "seed: @1\n", "name: %x\n", "- a\nseed: 1\n", "seed: `1`\n"}) {
    INFO(text);
    CHECK(refusal(text).starts_with("x.yaml:"));
    CHECK(refusal(text).find('\n') == std::string::npos);
  }
}

TEST_CASE("deep nesting is refused at any depth, without hanging", "[experiments]") {
  for (const std::size_t depth : {std::size_t{17}, std::size_t{1000}, std::size_t{200000}}) {
    CHECK(refusal("name: " + std::string(depth, '[')).starts_with("x.yaml:1:"));
    CHECK(refusal("name: " + std::string(depth, '[') + std::string(depth, ']')).starts_with("x.yaml:1:"));
  }
  std::string blocks = "vae:\n";
  for (std::size_t depth = 1; depth < 300; ++depth) {
    blocks += std::string(depth, ' ') + "a:\n";
  }
  CHECK(refusal(blocks).starts_with("x.yaml:"));
}

TEST_CASE("each bad override is refused with its own text as the place", "[experiments]") {
  struct Case {
    std::vector<std::string> overrides;
    std::string message;
  };
  const Case cases[] = {
      {{"seed"}, "command line: seed: expected key=value"},
      {{"=3"}, "command line: =3: expected key=value"},
      {{"seed=x"}, "command line: seed=x: seed: expected a whole number in decimal digits, found 'x'"},
      {{"seed="}, "command line: seed=: seed: expected a whole number in decimal digits, found nothing"},
      {{"seed={a: 1}"}, "command line: seed={a: 1}: expected a value or a list, found a mapping"},
      {{"seed=1\n---\n2"}, "command line: seed=1\n---\n2: expected one YAML document, found a second"},
      {{"name=&a b"}, "command line: name=&a b: anchors (&) are not allowed"},
      {{"name=*a"}, "command line: name=*a: not YAML: the referenced anchor is not defined"},
      {{"seed=1", "seed=2"}, "command line: seed=2: given twice, first in command line: seed=1"},
      {{"vae.latent_sise=3"},
       "command line: vae.latent_sise=3: unknown key 'vae.latent_sise' (known: latent_size, squash, adam; did you mean "
       "latent_size?)"},
      {{"vea.latent_size=3"},
       "command line: vea.latent_size=3: unknown key 'vea' (known: name, seed, offset, resume, epochs, shares, tags, "
       "squashes, vae; "
       "did you mean vae?)"},
      {{"vae=3"}, "command line: vae=3: vae: expected a mapping of keys to values, found '3'"},
      {{"name.x=3"}, "command line: name.x=3: 'name' is not a section: found 'dream' at x.yaml:1:7"},
      {{"vae..x=3"}, "command line: vae..x=3: unknown key 'vae.' (known: latent_size, squash, adam)"},
      {{"vae.latent_size=0"}, "command line: vae.latent_size=0: vae.latent_size: expected 1 to 512, found 0"},
      {{"epochs=[1, 2.5]"},
       "command line: epochs=[1, 2.5]: epochs[1]: expected a whole number in decimal digits, found '2.5'"},
      {{"--x"}, "command line: --x: expected key=value"},
  };
  for (const Case& bad : cases) {
    INFO(bad.overrides.back());
    const std::string found = refusal("name: dream\n", bad.overrides);
    CHECK((found == bad.message || found == bad.message + ": a"));  // yaml-cpp 0.8 names the anchor that is missing
  }
}

TEST_CASE("every refusal is of kind config", "[experiments]") {
  for (const char* text : {"seed: x", "sead: 1", "seed: [", "vae: {latent_size: 0}", "\t", "a: &x 1"}) {
    try {
      parse(text);
      FAIL("accepted: " << text);
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::config);
    }
  }
  CHECK(message_of<Error>([] { read_config<SampleConfig>("no/such.yaml"); }) ==
        "no/such.yaml: cannot be read: No such file or directory");
}

TEST_CASE("a config is printed with every key, sections indented", "[experiments]") {
  SampleConfig config;
  config.name = "yes";
  config.vae.adam.epsilon = 0.1f;
  CHECK(print_config(config) ==
        "name: \"yes\"\nseed: 1\noffset: 0\nresume: false\nepochs: [1, 2]\nshares: []\ntags: [a]\nsquashes: [tanh, "
        "relu_tanh]\n"
        "vae:\n  latent_size: 32\n  squash: tanh\n  adam:\n    learning_rate: 0.001\n    epsilon: 0.1\n");
}

TEST_CASE("what is printed reads back equal, whatever the values", "[experiments]") {
  Rng rng(5);
  const auto text = [&rng] {
    static const std::string parts[] = {"a",  "Z",  "0", "-", " ", "'",    "\"",   "\\",   ": ",  "#",   "[", "{", ",",
                                        "\n", "\t", "ö", "€", "😀", "~",    "null", "true", "yes", "1e3", "&", "*", "!",
                                        "%",  "@",  ".", "/", "=", "\x01", "\x7f", "?",    "|",   ">",   "\r"};
    std::string made;
    for (std::uint64_t left = rng.below(6); left > 0; --left) {
      made += parts[rng.below(std::size(parts))];
    }
    return made;
  };
  const auto real = [&rng] {
    // Any finite bit pattern.
    while (true) {
      const std::uint64_t bits = rng.below(~std::uint64_t{0});
      double value;
      std::memcpy(&value, &bits, sizeof value);
      if (std::isfinite(value)) {
        return value;
      }
    }
  };
  for (int round = 0; round < 1000; ++round) {
    SampleConfig config;
    config.name = text();
    config.seed = rng.below(~std::uint64_t{0});
    config.offset = static_cast<std::int64_t>(rng.below(~std::uint64_t{0}));
    config.resume = rng.below(2) == 1;
    config.epochs.values().assign(1 + rng.below(3), static_cast<int>(rng.below(1u << 31)) - (1 << 30));
    config.shares.clear();
    for (std::uint64_t left = rng.below(4); left > 0; --left) {
      config.shares.push_back(rng.normal() * 1e-20f);
    }
    config.tags.clear();
    for (std::uint64_t left = rng.below(4); left > 0; --left) {
      config.tags.push_back(text());
    }
    config.squashes.assign(rng.below(3), static_cast<Squash>(rng.below(3)));
    config.vae.latent_size = 1 + static_cast<int>(rng.below(512));
    config.vae.squash = static_cast<Squash>(rng.below(3));
    config.vae.adam.learning_rate = real();
    config.vae.adam.epsilon = rng.uniform();
    const std::string printed = print_config(config);
    INFO(printed);
    REQUIRE(parse(printed) == config);
  }
}
