#include "env/car_racing/car_racing_entry.h"

#include <box2d/box2d.h>

#include "env/car_racing/car_racing.h"
#include "env/car_racing/car_racing_attributes.h"
#include "env/car_racing/car_racing_driver.h"
#include "env/car_racing/car_racing_trace.h"

namespace reverie {
namespace {

double physics_seconds(const Game& game) {
  return 1e-3 * static_cast<double>(dynamic_cast<const CarRacing&>(game).world().GetProfile().step);
}

// Box2D's share of a reset: a world with a sensor for each tile of the track.
void build_world(const Game& game) {
  const Track& track = dynamic_cast<const CarRacing&>(game).track();
  b2World world(b2Vec2(0.0f, 0.0f));
  b2BodyDef road;
  b2Body* body = world.CreateBody(&road);
  for (int i = 0; i < static_cast<int>(track.size()); ++i) {
    const Quad quad = tile_quad(track, i);
    b2Vec2 vertices[4];
    for (std::size_t k = 0; k < quad.size(); ++k) {
      vertices[k].Set(static_cast<float>(quad[k].x), static_cast<float>(quad[k].y));
    }
    b2PolygonShape shape;
    shape.Set(vertices, 4);
    body->CreateFixture(&shape, 0.0f)->SetSensor(true);
  }
}

}  // namespace

GameEntry car_racing_entry() {
  GameEntry entry = game_entry<CarRacing, CarRacingConfig>("car_racing");
  constexpr float kSteeringSeconds = 0.25f;  // to full lock
  entry.keys = {{"Left", "steering", 0, -1.0f, "steer left", kSteeringSeconds, "leftx-"},
                {"Right", "steering", 0, 1.0f, "steer right", kSteeringSeconds, "leftx+"},
                {"Up", "gas and brake", 1, 1.0f, "gas", 0, "righttrigger"},
                {"Down", "gas and brake", 2, 1.0f, "brake", 0, "lefttrigger"}};
  entry.attributes = car_racing_attributes();
  entry.lost = "left the road";
  for (int action = 0; action < kDiscreteCarActions; ++action) {
    const std::array<float, 3> values = discrete_car_action(action);
    entry.numbered_actions.emplace_back(values.begin(), values.end());
  }
  entry.trace = make_car_racing_tracer;
  entry.drive = follow_the_road;
  entry.bench_name = "game";
  entry.limits = {physics_seconds, "b2World::Step alone, in the same steps", build_world,
                  "Box2D's world with its tiles alone"};
  return entry;
}

}  // namespace reverie
