#include "env/car_racing/car.h"

#include <box2d/box2d.h>

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace reverie {
namespace {

constexpr double kSize = 0.02;  // metres per unit of the drawings below
constexpr double kEnginePower = 100000000.0 * kSize * kSize;
constexpr double kWheelInertia = 4000.0 * kSize * kSize;  // for omega alone; Box2D knows the wheel's own
constexpr double kRoadFriction = 1000000.0 * kSize * kSize;
constexpr double kGrassFriction = 0.6 * kRoadFriction;
constexpr double kStiffness = 205000.0 * kSize * kSize;  // newtons per m/s of slip
constexpr double kBrakeForce = 15.0;                     // rad/s per step
constexpr float kMaxJointAngle = 0.4f;
constexpr double kMaxMotorSpeed = 3.0;
constexpr float kMotorTorque = static_cast<float>(180.0 * 900.0 * kSize * kSize);

constexpr Car::LocalPoint unit(double x, double y) {
  return {static_cast<float>(x * kSize), static_cast<float>(y * kSize)};
}
constexpr Car::LocalPoint kNose[] = {unit(-60, 130), unit(60, 130), unit(60, 110), unit(-60, 110)};
constexpr Car::LocalPoint kNeck[] = {unit(-15, 120), unit(15, 120), unit(20, 20), unit(-20, 20)};
constexpr Car::LocalPoint kBody[] = {unit(25, 20),   unit(50, -10),  unit(50, -40),  unit(20, -90),
                                     unit(-20, -90), unit(-50, -40), unit(-50, -10), unit(-25, 20)};
constexpr Car::LocalPoint kTail[] = {unit(-50, -120), unit(50, -120), unit(50, -90), unit(-50, -90)};
constexpr std::span<const Car::LocalPoint> kHullParts[] = {kNose, kNeck, kBody, kTail};

struct Place {
  double x, y;  // units
};
constexpr Place kWheelPlaces[Car::kWheels] = {{-55, 80}, {55, 80}, {-55, -82}, {55, -82}};

double sign(double value) {
  return (value > 0.0) - (value < 0.0);
}

Pose pose_of(const b2Body& body) {
  const b2Transform& transform = body.GetTransform();
  return {transform.p.x, transform.p.y, transform.q.s, transform.q.c};
}

}  // namespace

std::span<const std::span<const Car::LocalPoint>> Car::hull_parts() {
  return kHullParts;
}

Car::Car(b2World& world, double x, double y, double angle, const CarTuning& tuning) : tuning_(tuning) {
  b2BodyDef hull;
  hull.type = b2_dynamicBody;
  hull.position.Set(static_cast<float>(x), static_cast<float>(y));
  hull.angle = static_cast<float>(angle);
  hull_ = world.CreateBody(&hull);
  for (const std::span<const LocalPoint> part : kHullParts) {
    std::array<b2Vec2, 8> vertices;
    std::transform(part.begin(), part.end(), vertices.begin(), [](LocalPoint p) { return b2Vec2(p.x, p.y); });
    b2PolygonShape shape;
    shape.Set(vertices.data(), static_cast<int32>(part.size()));
    hull_->CreateFixture(&shape, 1.0f);
  }
  for (int i = 0; i < kWheels; ++i) {
    Wheel& wheel = wheels_[static_cast<std::size_t>(i)];
    const double wheel_x = kWheelPlaces[i].x * kSize;
    const double wheel_y = kWheelPlaces[i].y * kSize;
    b2BodyDef body;
    body.type = b2_dynamicBody;
    // The wheel's offset is not rotated with the car. The joint pulls the wheel to its place in the first step, as in
    // the reference.
    body.position.Set(static_cast<float>(x + wheel_x), static_cast<float>(y + wheel_y));
    body.angle = static_cast<float>(angle);
    body.userData.pointer = reinterpret_cast<std::uintptr_t>(&wheel);
    wheel.body = world.CreateBody(&body);
    const float half_width = static_cast<float>(kWheelHalfWidth);
    const float radius = static_cast<float>(kWheelRadius);
    const b2Vec2 vertices[] = {
        {-half_width, radius}, {half_width, radius}, {half_width, -radius}, {-half_width, -radius}};
    b2PolygonShape shape;
    shape.Set(vertices, 4);
    b2FixtureDef fixture;
    fixture.shape = &shape;
    fixture.density = 0.1f;
    fixture.restitution = 0.0f;
    fixture.filter.categoryBits = 0x20;
    fixture.filter.maskBits = 0x1;
    wheel.body->CreateFixture(&fixture);
    b2RevoluteJointDef joint;
    joint.bodyA = hull_;
    joint.bodyB = wheel.body;
    joint.localAnchorA.Set(static_cast<float>(wheel_x), static_cast<float>(wheel_y));
    joint.localAnchorB.SetZero();
    joint.referenceAngle = 0.0f;
    joint.enableMotor = true;
    joint.enableLimit = true;
    joint.maxMotorTorque = kMotorTorque;
    joint.motorSpeed = 0.0f;
    joint.lowerAngle = -kMaxJointAngle;
    joint.upperAngle = kMaxJointAngle;
    wheel.joint = static_cast<b2RevoluteJoint*>(world.CreateJoint(&joint));
  }
}

void Car::control(double steer, double gas, double brake) {
  wheels_[0].steer = wheels_[1].steer = -steer;
  for (const int rear : {2, 3}) {
    Wheel& wheel = wheels_[static_cast<std::size_t>(rear)];
    wheel.gas += std::min(std::clamp(gas, 0.0, 1.0) - wheel.gas, 0.1);
  }
  for (Wheel& wheel : wheels_) {
    wheel.brake = brake;
  }
}

void Car::apply_forces(double time_step) {
  for (Wheel& wheel : wheels_) {
    const double turn = wheel.steer - static_cast<double>(wheel.joint->GetJointAngle());
    const double speed = tuning_.steering_response * std::min(50.0 * std::abs(turn), kMaxMotorSpeed);
    wheel.joint->SetMotorSpeed(static_cast<float>(sign(turn) * speed));

    const b2Vec2 forward = wheel.body->GetWorldVector({0.0f, 1.0f});
    const b2Vec2 side = wheel.body->GetWorldVector({1.0f, 0.0f});
    const b2Vec2 velocity = wheel.body->GetLinearVelocity();
    const auto along = [&velocity](const b2Vec2& axis) {
      return static_cast<double>(axis.x) * velocity.x + static_cast<double>(axis.y) * velocity.y;
    };

    // The engine gives constant power, so less torque at speed; 5 keeps it finite at rest.
    wheel.omega +=
        time_step * (tuning_.engine_power * kEnginePower) * wheel.gas / kWheelInertia / (std::abs(wheel.omega) + 5.0);
    if (wheel.brake >= 0.9) {
      wheel.omega = 0.0;
    } else if (wheel.brake > 0.0) {
      wheel.omega -= sign(wheel.omega) * std::min(kBrakeForce * wheel.brake, std::abs(wheel.omega));
    }
    wheel.phase += wheel.omega * time_step;

    // The tyre pushes against its slip, up to what the ground holds.
    double forward_force = (wheel.omega * kWheelRadius - along(forward)) * kStiffness;
    double side_force = -along(side) * kStiffness;
    const double force = std::sqrt(forward_force * forward_force + side_force * side_force);
    const double limit = tuning_.friction * (wheel.tiles > 0 ? kRoadFriction : kGrassFriction);
    if (force > limit) {
      forward_force = forward_force / force * limit;
      side_force = side_force / force * limit;
    }
    wheel.omega -= time_step * forward_force * kWheelRadius / kWheelInertia;
    wheel.body->ApplyForceToCenter({static_cast<float>(side_force * side.x + forward_force * forward.x),
                                    static_cast<float>(side_force * side.y + forward_force * forward.y)},
                                   true);
  }
  // The reference's Box2D 2.3 lets a wheel swing a little past a limit, which holds it from the next step on; 2.4 stops
  // it at the limit. To drive alike, a limit exists only while the wheel is at or past it.
  for (Wheel& wheel : wheels_) {
    const float angle = wheel.joint->GetJointAngle();
    wheel.joint->EnableLimit(angle <= -kMaxJointAngle || angle >= kMaxJointAngle);
  }
}

CarState Car::state() const {
  CarState state;
  const b2Vec2 position = hull_->GetPosition();
  const b2Vec2 velocity = hull_->GetLinearVelocity();
  state.x = position.x;
  state.y = position.y;
  state.angle = hull_->GetAngle();
  state.velocity_x = velocity.x;
  state.velocity_y = velocity.y;
  state.angular_velocity = hull_->GetAngularVelocity();
  for (std::size_t i = 0; i < wheels_.size(); ++i) {
    const Wheel& wheel = wheels_[i];
    state.wheels[i] = {wheel.omega, wheel.phase, wheel.joint->GetJointAngle(), wheel.tiles};
  }
  return state;
}

Pose Car::hull_pose() const {
  return pose_of(*hull_);
}

Pose Car::wheel_pose(int wheel) const {
  return pose_of(*wheels_[static_cast<std::size_t>(wheel)].body);
}

}  // namespace reverie
