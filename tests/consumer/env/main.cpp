#include <iostream>

double play(const char* name);

int main() {
  for (const char* name : {"car_racing", "take_cover"}) {
    std::cout << name << ' ' << play(name) << '\n';
  }
}
