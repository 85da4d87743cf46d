// The car on Box2D: engine, steering, tyres. Seen from above, rear-wheel driven, metres and radians.
#pragma once

#include <array>
#include <cstddef>
#include <span>

class b2Body;
class b2RevoluteJoint;
class b2World;

namespace reverie {

// Where a body is: a point p of it lies at (x + cosine p.x - sine p.y, y + sine p.x + cosine p.y).
struct Pose {
  float x = 0, y = 0, sine = 0, cosine = 1;
};

struct Wheel {
  double gas = 0, brake = 0, steer = 0;  // what is asked of it: 0 to 1, 0 to 1, target angle in radians
  double omega = 0;                      // rad/s
  double phase = 0;                      // radians turned so far
  int tiles = 0;                         // road tiles it touches; 0 means that it is on grass
  b2Body* body = nullptr;
  b2RevoluteJoint* joint = nullptr;
};

// All that moves, for recordings and tests.
struct CarState {
  float x = 0, y = 0, angle = 0;                               // of the hull's origin; counter-clockwise, 0 = up
  float velocity_x = 0, velocity_y = 0, angular_velocity = 0;  // of its centre of mass
  struct WheelState {
    double omega = 0, phase = 0;
    float joint_angle = 0;
    int tiles = 0;
  };
  std::array<WheelState, 4> wheels;  // front left, front right, rear left, rear right
};

// Factors of variation: shares of what the reference's car has.
struct CarTuning {
  double friction = 1;  // of road and grass
  double engine_power = 1;
  double steering_response = 1;  // how fast the front wheels turn
};

class Car {
 public:
  static constexpr int kWheels = 4;
  static constexpr double kWheelRadius = 0.54, kWheelHalfWidth = 0.28;

  struct LocalPoint {
    float x, y;
  };
  // The four convex parts of the hull, in its own coordinates: y is forward.
  static std::span<const std::span<const LocalPoint>> hull_parts();

  // The bodies belong to the world, which must outlive the car. A wheel's body carries its Wheel* as user data; the
  // hull carries none.
  Car(b2World& world, double x, double y, double angle, const CarTuning& tuning = {});
  Car(const Car&) = delete;
  Car& operator=(const Car&) = delete;

  // steer: radians, positive to the right, beyond 0.4 it makes no difference. gas: clipped to 0..1, rises by at most
  // 0.1 a call. brake: 0 or less does nothing, 0.9 or more locks the wheels.
  void control(double steer, double gas, double brake);

  // Puts the forces of one time step on the bodies; the world's own step comes next.
  void apply_forces(double time_step);

  CarState state() const;
  Pose hull_pose() const;
  Pose wheel_pose(int wheel) const;
  const Wheel& wheel(int i) const { return wheels_[static_cast<std::size_t>(i)]; }

 private:
  CarTuning tuning_;
  b2Body* hull_ = nullptr;
  std::array<Wheel, kWheels> wheels_;
};

}  // namespace reverie
